import CLinux
import Glibc
public import Linux

/// What /proc says of a process's privileges: the outside view, which the process itself cannot colour.
public struct ProcessStatus: Equatable, Sendable {
  public var uids: [UInt32] = []
  public var gids: [UInt32] = []
  public var inheritable: UInt64 = .max
  public var permitted: UInt64 = .max
  public var effective: UInt64 = .max
  public var bounding: UInt64 = .max
  public var ambient: UInt64 = .max
  public var noNewPrivileges = false
  public var filtered = false
  /// System call filters in force, its own and inherited ones; 0 where the kernel (before 5.9) does not say.
  public var filters = 0

  /// Reads /proc/PID/status.
  public init(pid: Int32) throws(Errno) {
    for line in try readFile("/proc/\(pid)/status", limit: 8192).split(separator: UInt8(ascii: "\n")) {
      let parts = String(decoding: line, as: UTF8.self).split(separator: "\t", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = parts[1]
      let numbers = { value.split(separator: "\t").compactMap { UInt32($0) } }
      let mask = UInt64(value, radix: 16) ?? .max
      switch parts[0] {
      case "Uid:": uids = numbers()
      case "Gid:": gids = numbers()
      case "CapInh:": inheritable = mask
      case "CapPrm:": permitted = mask
      case "CapEff:": effective = mask
      case "CapBnd:": bounding = mask
      case "CapAmb:": ambient = mask
      case "NoNewPrivs:": noNewPrivileges = value == "1"
      case "Seccomp:": filtered = value == "2"
      case "Seccomp_filters:": filters = Int(value) ?? 0
      default: break
      }
    }
  }

  /// What of this is more than `identity` with `kept` may have (nil: whatever it was started with); empty if it is as it
  /// must be.
  public func excess(over identity: Identity, _ kept: CapabilityMask?, mayKeepBounding: Bool = false) -> [String] {
    var found: [String] = []
    if uids != [UInt32](repeating: identity.uid, count: 4) { found.append("uids \(uids)") }
    if gids != [UInt32](repeating: identity.gid, count: 4) { found.append("gids \(gids)") }
    let kept = kept?.rawValue ?? permitted
    if permitted != kept { found.append("permitted capabilities \(String(permitted, radix: 16))") }
    if effective != kept { found.append("effective capabilities \(String(effective, radix: 16))") }
    if inheritable != 0 || ambient != 0 { found.append("inheritable or ambient capabilities") }
    if bounding != 0 && !mayKeepBounding { found.append("a bounding set of \(String(bounding, radix: 16))") }
    if !noNewPrivileges { found.append("no no_new_privs") }
    if !filtered { found.append("no system call filter") }
    return found
  }
}

/// The first line of a small file.
public func readText(_ path: String) throws(Errno) -> String {
  String(decoding: try readFile(path, limit: 256).prefix { $0 != 10 }, as: UTF8.self)
}

/// The first `limit` bytes of a file.
public func readFile(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
  let file = FileDescriptor(owning: try check(unsafe open(path, O_RDONLY | O_CLOEXEC)))
  return try readAll(file.raw, limit: limit)
}

/// The first `limit` bytes of an open file.
public func readAll(_ descriptor: Int32, limit: Int) throws(Errno) -> [UInt8] {
  var buffer = [UInt8](repeating: 0, count: limit)
  var used = 0
  while used < limit {
    let count = try retrying {
      unsafe buffer.withUnsafeMutableBytes { (raw: UnsafeMutableRawBufferPointer) -> Int in
        unsafe read(descriptor, raw.baseAddress?.advanced(by: used), limit - used)
      }
    }
    if count == 0 { break }
    used += count
  }
  return Array(buffer.prefix(used))
}

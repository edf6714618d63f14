import CLinux
import Glibc
public import Linux

/// What /proc says of a process's privileges: the outside view, which the process itself cannot colour.
public struct ProcessStatus: Sendable {
  /// The lines of /proc/PID/status.
  private var fields: [String: String] = [:]

  /// Reads /proc/PID/status.
  public init(pid: Int32) throws(Errno) {
    for line in try readFile("/proc/\(pid)/status", limit: 8192).split(separator: UInt8(ascii: "\n")) {
      let parts = String(decoding: line, as: UTF8.self).split(separator: ":\t", maxSplits: 1)
      if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
    }
  }
  private init() {}

  /// This process's own; without any field, and so without any privilege, if it cannot be read.
  public static var own: ProcessStatus { (try? ProcessStatus(pid: getpid())) ?? ProcessStatus() }

  /// True if the process may use this capability.
  public func permits(_ capability: Int32) -> Bool {
    (UInt64(fields["CapPrm"] ?? "", radix: 16) ?? 0) >> UInt64(capability) & 1 == 1
  }

  /// System call filters in force, its own and inherited ones; 0 where the kernel (before 5.9) does not say.
  public var filters: Int { Int(fields["Seccomp_filters"] ?? "") ?? 0 }

  /// What of this is more than `identity` with `kept` may have (nil: whatever it was started with); empty if it is as it
  /// must be.
  public func excess(over identity: Identity, _ kept: Capabilities?, mayKeepBounding: Bool = false) -> [String] {
    let four = { (id: UInt32) in [String](repeating: "\(id)", count: 4).joined(separator: "\t") }
    let mask = { (capabilities: Capabilities) -> String in
      let digits = String(capabilities.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    let permitted = kept.map(mask) ?? fields["CapPrm"] ?? ""
    var wanted = [
      ("Uid", four(identity.uid)), ("Gid", four(identity.gid)), ("CapPrm", permitted), ("CapEff", permitted),
      ("CapInh", mask([])), ("CapAmb", mask([])), ("NoNewPrivs", "1"), ("Seccomp", "2"),
    ]
    if !mayKeepBounding { wanted.append(("CapBnd", mask([]))) }
    return wanted.filter { fields[$0.0] != $0.1 }.map { "\($0.0) \(fields[$0.0] ?? "unknown")" }
  }
}

/// The first line of a small file.
public func readText(_ path: String) throws(Errno) -> String {
  String(decoding: try readFile(path, limit: 256).prefix { $0 != 10 }, as: UTF8.self)
}

/// The first `limit` bytes of a file.
public func readFile(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
  try readAll(openFile(path, O_RDONLY), limit: limit)
}

/// The first `limit` bytes of an open file.
public func readAll(_ file: FileDescriptor, limit: Int) throws(Errno) -> [UInt8] {
  var buffer = [UInt8](repeating: 0, count: limit)
  var used = 0
  while used < limit {
    let count = try retrying {
      unsafe buffer.withUnsafeMutableBytes { (raw: UnsafeMutableRawBufferPointer) -> Int in
        unsafe read(file.raw, raw.baseAddress?.advanced(by: used), limit - used)
      }
    }
    if count == 0 { break }
    used += count
  }
  return Array(buffer.prefix(used))
}

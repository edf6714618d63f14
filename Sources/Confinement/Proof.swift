/// What /proc says of a process's privileges: the outside view, which the process itself cannot colour.
public struct ProcessStatus: Sendable {
  /// The lines of /proc/PID/status.
  private var fields: [Substring: Substring] = [:]

  /// Reads /proc/PID/status.
  public init(pid: Int32) throws(Errno) {
    let text = String(decoding: try readFile("/proc/\(pid)/status", limit: 8192), as: UTF8.self)
    for parts in text.split(separator: "\n").map({ $0.split(separator: ":\t", maxSplits: 1) }) where parts.count == 2 {
      fields[parts[0]] = parts[1]
    }
  }
  private init() {}

  /// This process's own; without any field, and so without any privilege, if it cannot be read.
  public static var own: ProcessStatus { (try? ProcessStatus(pid: getpid())) ?? ProcessStatus() }

  /// The numbers of a field; those of capabilities are hexadecimal.
  private func numbers(_ field: Substring) -> [UInt64] {
    fields[field]?.split(separator: "\t").compactMap { UInt64($0, radix: field.hasPrefix("Cap") ? 16 : 10) } ?? []
  }

  /// True if the process may use this capability.
  public func permits(_ capability: Int32) -> Bool {
    (numbers("CapPrm").first ?? 0) >> UInt64(capability) & 1 == 1
  }

  /// System call filters in force, its own and inherited ones; 0 where the kernel (before 5.9) does not say.
  public var filters: Int { Int(fields["Seccomp_filters"] ?? "") ?? 0 }

  /// What of this is more than `identity` with `kept` may have; empty if it is as it must be. The bounding set is this
  /// process's: empty, unless it had not the privilege to empty it (`--no-users`).
  public func excess(over identity: Identity, _ kept: Capabilities) -> [String] {
    let permitted = [kept.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }]
    let four = { (id: UInt32) in [UInt64](repeating: UInt64(id), count: 4) }
    let wanted: [(Substring, [UInt64])] = [
      ("Uid", four(identity.uid)), ("Gid", four(identity.gid)), ("CapPrm", permitted), ("CapEff", permitted),
      ("CapInh", [0]), ("CapAmb", [0]), ("NoNewPrivs", [1]), ("Seccomp", [2]),
      ("CapBnd", ProcessStatus.own.numbers("CapBnd")),
    ]
    return wanted.filter { numbers($0.0) != $0.1 }.map { "\($0.0) \(fields[$0.0] ?? "unknown")" }
  }
}

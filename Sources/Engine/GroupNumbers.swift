import Configuration

/// The groups of this machine, from the text of /etc/group (group(5)): the supervisor wants numbers.
struct GroupNumbers {
  private var numbers: [String: UInt32] = [:]

  init(_ bytes: [UInt8]) {
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count >= 3, let number = UInt32(fields[2]) { numbers[String(fields[0])] = number }
    }
  }

  /// The number of a group; nil if there is none of that name.
  subscript(name: String) -> UInt32? { numbers[name] }

  /// What to say of a group that is named by `key` in `source` but does not exist.
  func warning(_ key: String, _ name: String?, in source: [UInt8]) -> ConfiguredDiagnostic? {
    guard let name, self[name] == nil else { return nil }
    let lines = String(decoding: source, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    let line = lines.firstIndex { $0.drop { $0 == " " || $0 == "\t" }.hasPrefix(key) } ?? 0
    let column = lines[line].prefix { $0 == " " || $0 == "\t" }.count
    return ConfiguredDiagnostic(
      severity: .warning, fileName: "", line: line + 1, column: column + 1,
      message: "there is no group \(name) in /etc/group, so \(key) is nobody; make it by groupadd --system \(name), "
        + "and restart carpd")
  }
}

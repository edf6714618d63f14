import FoundationEssentials

extension ShowReply {
  /// What `carpctl show --json` prints: the reply with hyphens in its names, sorted, for people and for `jq`.
  ///
  /// - Throws: `malformed`, which no reply that was decoded brings about.
  public func json() throws(ClientError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .custom { path in
      HyphenatedKey(stringValue: path.last?.stringValue ?? "")
    }
    guard let data = try? encoder.encode(self) else { throw .malformed }
    return String(decoding: data, as: UTF8.self)
  }
}

/// Varlink's names allow no hyphen; the configuration file and carpctl use no underscore.
private struct HyphenatedKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) {
    self.stringValue = stringValue.split(separator: "_", omittingEmptySubsequences: false).joined(separator: "-")
  }
  init?(intValue: Int) { nil }
}

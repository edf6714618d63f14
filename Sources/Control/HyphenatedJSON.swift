import FoundationEssentials

/// What carpctl prints as JSON: a reply with hyphens in its names, sorted, for people and for `jq`.
///
/// - Parameter isPretty: on several lines; else on one.
/// - Throws: `malformed`, which no reply that was decoded brings about.
public func hyphenatedJSON(_ value: some Encodable, isPretty: Bool = true) throws(ClientError) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
  encoder.keyEncodingStrategy = .custom { path in
    HyphenatedKey(stringValue: path.last?.stringValue ?? "")
  }
  guard let data = try? encoder.encode(value) else { throw .malformed }
  return String(decoding: data, as: UTF8.self)
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

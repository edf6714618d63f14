/// Takes typed values out of a TOML document. What is missing or wrong is noted and reads as nil, so that the rest is
/// checked all the same.
struct SchemaReader {
  var diagnostics: DiagnosticList

  mutating func boolean(_ entry: TOMLEntry?) -> Bool? {
    guard let entry else { return nil }
    if case .boolean(let value) = entry.value.content { return value }
    wrongType(entry, expected: "a boolean", remedy: "write true or false, without quotes")
    return nil
  }

  mutating func string(_ entry: TOMLEntry?) -> String? {
    guard let entry else { return nil }
    if case .string(let value) = entry.value.content { return value }
    wrongType(entry, expected: "a string", remedy: "write \(entry.key.text) = \"...\"")
    return nil
  }

  /// An integer within a range; the unit follows the range in messages.
  mutating func integer(_ entry: TOMLEntry?, in range: ClosedRange<Int>, unit: String = "") -> Int? {
    guard let entry else { return nil }
    guard case .integer(let value) = entry.value.content else {
      wrongType(entry, expected: "an integer", remedy: "write a number without quotes or fraction")
      return nil
    }
    guard let value = Int(exactly: value), range.contains(value) else {
      diagnostics.error(
        "\(entry.key.text) is \(value); it must be within \(range.lowerBound)...\(range.upperBound)\(unit)",
        at: entry.value.position)
      return nil
    }
    return value
  }

  mutating func array(_ entry: TOMLEntry?) -> [TOMLValue]? {
    guard let entry else { return nil }
    if case .array(let elements) = entry.value.content { return elements }
    wrongType(entry, expected: "an array", remedy: "write \(entry.key.text) = [...], even for a single one")
    return nil
  }

  mutating func table(_ entry: TOMLEntry?) -> TOMLTable? {
    guard let entry else { return nil }
    if case .table(let table) = entry.value.content { return table }
    wrongType(entry, expected: "a table", remedy: "write [\(entry.key.text)], once")
    return nil
  }

  /// One of a few words.
  mutating func choice<Choice: RawRepresentable<String>>(_ entry: TOMLEntry?, _ first: Choice, _ second: Choice)
    -> Choice?
  {
    guard let entry, let text = string(entry) else { return nil }
    if let choice = Choice(rawValue: text) { return choice }
    diagnostics.error(
      "\(entry.key.text) is \(quoted(text)); write \"\(first.rawValue)\" or \"\(second.rawValue)\"",
      at: entry.value.position)
    return nil
  }

  /// The plain name of a file or credential: the directory is fixed, and no name leads out of it.
  mutating func plainName(_ entry: TOMLEntry?) -> String? {
    guard let entry, let text = string(entry) else { return nil }
    let isPlain = text.unicodeScalars.allSatisfy { $0 > " " && $0 != "/" && $0.value != 0x7F }
    guard isPlain, (1...64).contains(text.utf8.count), text.utf8.first != .dot else {
      diagnostics.error(
        "\(entry.key.text) is \(quoted(text)); write the plain name, 1...64 bytes, without '/' or blanks and not"
          + " starting with '.'", at: entry.value.position)
      return nil
    }
    return text
  }

  /// Reports each key of a table that is none of those known.
  mutating func refuseUnknownKeys(in table: TOMLTable, of place: String, known: [String]) {
    for entry in table.entries where !known.contains(entry.key.text) && !diagnostics.dropsErrors {
      let remedy =
        if let nearest = nearestKey(to: entry.key.text, among: known) {
          "did you mean '\(nearest)'?"
        } else {
          "\(place) has \(known.joined(separator: ", "))"
        }
      diagnostics.error("unknown key \(quoted(entry.key.text)); \(remedy)", at: entry.key.position)
    }
  }

  /// Reports the second of two keys that exclude each other, for as many as are there.
  mutating func refuseTogether(_ entries: [TOMLEntry?]) {
    let present = entries.compactMap { $0 }.sorted { $0.key.position < $1.key.position }
    guard let first = present.first else { return }
    for other in present.dropFirst() {
      diagnostics.error(
        "'\(other.key.text)' excludes '\(first.key.text)' at \(first.key.position); keep one of the two",
        at: other.key.position)
    }
  }

  private mutating func wrongType(_ entry: TOMLEntry, expected: String, remedy: String) {
    diagnostics.error(
      "\(entry.key.text) must be \(expected), not \(entry.value.kind); \(remedy)", at: entry.value.position)
  }
}

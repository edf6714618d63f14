/// Values that more than one configuration file has, and what surrounds every one of them.
extension SchemaReader {
  /// Reads a file by the rules of `body`. Never traps, whatever the bytes are.
  ///
  /// - Returns: the diagnostics in the order of the file, and the value, which is nil exactly if one of them is an error.
  static func read<Value>(
    _ bytes: [UInt8], fileName: String, _ body: (inout SchemaReader, TOMLTable) -> Value
  ) -> (value: Value?, diagnostics: [Diagnostic]) {
    var reader = SchemaReader(diagnostics: DiagnosticList(fileName: fileName))
    do {
      let value = body(&reader, try TOMLParser.parse(bytes))
      return (reader.diagnostics.hasErrors ? nil : value, reader.diagnostics.sorted)
    } catch {
      reader.diagnostics.error(error.message, at: error.position)
      return (nil, reader.diagnostics.sorted)
    }
  }

  /// A duration in milliseconds, within a range of them.
  mutating func duration(_ entry: TOMLEntry?, in range: ClosedRange<Int>) -> Int? {
    guard let entry, let text = string(entry) else { return nil }
    guard let value = milliseconds(ofDuration: text) else {
      diagnostics.error(
        "\(entry.key.text) is \(quoted(text)); write a number with its unit, as \"500ms\", \"30s\", \"10m\" or"
          + " \"1h30m\"", at: entry.value.position)
      return nil
    }
    guard range.contains(value) else {
      diagnostics.error(
        "\(entry.key.text) is \(durationText(milliseconds: value)); it must be within"
          + " \(durationText(milliseconds: range.lowerBound))...\(durationText(milliseconds: range.upperBound))",
        at: entry.value.position)
      return nil
    }
    return value
  }

  /// A name the kernel would take for an interface.
  mutating func interfaceName(_ entry: TOMLEntry?) -> String? {
    guard let entry, let name = string(entry) else { return nil }
    let isName = name.unicodeScalars.allSatisfy {
      !$0.properties.isWhitespace && $0 > " " && $0.value != 0x7F && $0 != "/" && $0 != ":"
    }
    guard isName, (1...15).contains(name.utf8.count), name != ".", name != ".." else {
      diagnostics.error(
        "\(entry.key.text) is \(quoted(name)), which no interface can be called; write a name as \"ip link\" shows it,"
          + " at most 15 bytes", at: entry.value.position)
      return nil
    }
    return name
  }

  /// A program and its arguments: `["/usr/bin/program", "argument"]`, for execve() and not for a shell.
  mutating func command(_ entry: TOMLEntry?) -> [String]? {
    guard let entry, let elements = array(entry) else { return nil }
    var words: [String] = []
    for element in elements {
      guard case .string(let word) = element.content, !word.utf8.contains(0) else {
        diagnostics.error(
          "\(entry.key.text) must be strings; write [\"/usr/bin/program\", \"argument\"]", at: element.position)
        return nil
      }
      words.append(word)
    }
    guard let program = words.first, !program.isEmpty else {
      diagnostics.error(
        "\(entry.key.text) is empty; write [\"/usr/bin/program\", \"argument\"]", at: entry.value.position)
      return nil
    }
    return words
  }

  /// One of the words of an enumeration.
  mutating func word<Word: RawRepresentable<String> & CaseIterable>(_ value: TOMLValue, of key: String) -> Word? {
    let words = Word.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    guard case .string(let text) = value.content else {
      diagnostics.error("\(key) must be a string, not \(value.kind); write one of \(words)", at: value.position)
      return nil
    }
    if let word = Word(rawValue: text) { return word }
    let nearest = nearestKey(to: text, among: Word.allCases.map(\.rawValue))
    let remedy = nearest.map { "did you mean \"\($0)\"?" } ?? "write one of \(words)"
    diagnostics.error("\(key) is \(quoted(text)); \(remedy)", at: value.position)
    return nil
  }

  /// The tables of an array of tables, or none. `tooMany` is what to say at the first one beyond the limit.
  mutating func tables(
    _ entry: TOMLEntry?, atMost limit: Int, tooMany: String
  ) -> [(table: TOMLTable, position: Position)] {
    guard let entry else { return [] }
    let name = entry.key.text
    guard case .array(let elements) = entry.value.content else {
      diagnostics.error(
        "\(name) must be an array of tables, not \(entry.value.kind); write [[\(name)]], with two brackets",
        at: entry.value.position)
      return []
    }
    if elements.count > limit { diagnostics.error(tooMany, at: elements[limit].position) }
    var tables: [(TOMLTable, Position)] = []
    for element in elements.prefix(limit) {
      if case .table(let table) = element.content {
        tables.append((table, element.position))
      } else {
        diagnostics.error("\(name) must be a table, not \(element.kind); write [[\(name)]]", at: element.position)
      }
    }
    return tables
  }
}

import Testing

@testable import Configuration

/// What toml-test does not ask: positions, limits, and the words of errors.
struct TOMLParserTests {
  private func error(_ text: String) -> String? {
    error(Array(text.utf8))
  }

  private func error(_ bytes: [UInt8]) -> String? {
    do {
      _ = try TOMLParser.parse(bytes)
      return nil
    } catch {
      return "\(error.position.line):\(error.position.column): \(error.message)"
    }
  }

  @Test func keysAndValuesKnowTheirPlace() throws {
    let text = "# é\r\nä.b = 1\n".replacing("ä", with: "\"ä\"") + "\t[t]\n  x = ['𝄞', {y = true}]\n[[a]]\n"
    let table = try TOMLParser.parse(Array(text.utf8))
    #expect(
      table.entries.map(\.key.position) == [2, 3, 5].map { Position(line: $0, column: $0 == 3 ? 3 : $0 == 5 ? 3 : 1) })
    guard case .table(let dotted) = table.entries[0].value.content,
      case .table(let header) = table.entries[1].value.content,
      case .array(let elements) = try #require(header.entry("x")).value.content,
      case .table(let inline) = elements[1].content, case .array(let tables) = table.entries[2].value.content
    else {
      Issue.record("another shape")
      return
    }
    #expect(dotted.entries[0].key.position == Position(line: 2, column: 5))
    #expect(dotted.entries[0].value.position == Position(line: 2, column: 9))
    #expect(table.entries[1].value.position == Position(line: 3, column: 2))
    #expect(elements[0].position == Position(line: 4, column: 8))
    #expect(elements[1].position == Position(line: 4, column: 13))
    #expect(inline.entries[0].value.position == Position(line: 4, column: 18))
    #expect(tables[0].position == Position(line: 5, column: 1))
  }

  @Test func byteOrderMarkTakesNoColumn() {
    #expect(error("\u{FEFF}a = 1") == nil)
    #expect(error("\u{FEFF}a = ?")?.hasPrefix("1:5:") == true)
    #expect(error("a = 1\n\u{FEFF}")?.hasPrefix("2:1:") == true)
  }

  @Test(
    arguments: [
      [0x61, 0x80], [0x61, 0xC0, 0x80], [0x61, 0xC3], [0x61, 0xE0, 0x9F, 0xBF], [0x61, 0xED, 0xA0, 0x80],
      [0x61, 0xF0, 0x8F, 0xBF, 0xBF], [0x61, 0xF4, 0x90, 0x80, 0x80], [0x61, 0xF8], [0x61, 0xE2, 0x82, 0x0A],
    ] as [[UInt8]])
  func invalidUTF8(bytes: [UInt8]) {
    let line = Array("# é\n".utf8)
    #expect(error(line + bytes) == "2:2: this is not UTF-8; save the file in UTF-8")
  }

  @Test func nestingIsLimited() {
    let message = "tables and arrays are nested more than 128 deep; nest them less"
    func nested(_ depth: Int) -> String {
      "a = " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(error(nested(128)) == nil)
    #expect(error(nested(129)) == "1:133: \(message)")
    #expect(error(String(repeating: "a.", count: 128) + "a = 1") == nil)
    #expect(error(String(repeating: "a.", count: 129) + "a = 1") == "1:257: \(message)")
    #expect(error("[" + String(repeating: "a.", count: 128) + "a]") == "1:258: \(message)")
    #expect(error("[[" + String(repeating: "a.", count: 127) + "a]]") == "1:257: \(message)")
    #expect(error(String(repeating: "a={", count: 1000)) == "1:387: \(message)")
    #expect(error(String(repeating: "[", count: 1000))?.hasPrefix("1:3: a key") == true)
  }

  @Test func lengthIsLimited() {
    #expect(error([UInt8](repeating: 0x20, count: 1 << 20)) == nil)
    #expect(
      error([UInt8](repeating: 0x20, count: 1 << 20 + 1))
        == "1:1: the file is longer than 1 MiB; this cannot be a carpd configuration")
  }

  @Test func longTokensAreReadInTime() {
    let zeros = String(repeating: "0", count: 1_000_000)
    #expect(error("a = 1.\(zeros)1") == nil)
    #expect(error("a = 1\(zeros)") == "1:5: this number does not fit into 64 bits; write a smaller one")
    #expect(error("a = \"\(zeros)\"") == nil)
    #expect(error(String(repeating: "[[a]]\n", count: 170_000)) == nil)
  }

  @Test func keysThatLookAlikeAreTwo() {
    #expect(error("\"\u{E9}\" = 1\n\"e\u{301}\" = 2") == nil)
  }

  static let errors: [Golden] = [
    Golden("a = 1\na = 2", "2:1: key 'a' is already set at line 1, column 1; keep one of the two"),
    Golden("[a]\n[a]", "2:2: table 'a' was already defined at line 1, column 1; put its keys together there"),
    Golden("[[a]]\n[a]", "2:2: 'a' is an array of tables since line 1, column 1; write [[...]] to add one more"),
    Golden("[a]\n[[a]]", "2:3: 'a' is a single table since line 1, column 1; write [[...]] there too"),
    Golden("a = \"x", "1:5: this string does not end; close it with \""),
    Golden("a = '''x\n", "1:5: this string does not end; close it with '''"),
    Golden("a = [1,\n2", "1:5: this array does not end; close it with ]"),
    Golden("a = [1 2]", "1:8: ',' or ']' was expected; separate the elements of an array by commas"),
    Golden(
      "a = {b = 1,\n}", "1:12: a key was expected; keys have letters, digits, '-' and '_', anything else needs quotes"),
    Golden("a = {b = 1\n}", "1:11: ',' or '}' was expected; an inline table is written on one line"),
    Golden("a 1", "1:3: '=' was expected after the key; write key = value"),
    Golden("a =", "1:4: a value was expected; write key = value"),
    Golden("a = secret", "1:5: this is no value; text needs quotes, booleans are true and false"),
    Golden("a = 010", "1:5: a number may not begin with a zero; leave the zeros out"),
    Golden("a = 2026-02-29", "1:5: this is no date or time; write 2026-01-31, 23:59:59 or 2026-01-31T23:59:59Z"),
    Golden("a = 1 b = 2", "1:7: the line should end here; write each key or [table] on a line of its own"),
    Golden("[a\n", "1:3: ']' was expected; close the name of the table"),
    Golden("[[a]\n", "1:4: ']]' was expected; close the name of the table"),
    Golden(
      "a = \"\\q\"",
      "1:6: unknown escape; write \\\\ for a backslash, or use '...', where a backslash means itself"
    ),
    Golden("a = \"\\uD800\"", "1:6: this escape is no Unicode scalar; use 0000...D7FF or E000...10FFFF"),
    Golden("a = \"\\u12\"", "1:6: this escape needs 4 hexadecimal digits; write them all"),
    Golden(
      "a = \"\u{1}\"",
      "1:6: a control character is not allowed in a string; remove it, or in \"...\" write it as \\uXXXX"
    ),
  ]

  @Test(arguments: errors) func errorsSayWhatAndWhere(golden: Golden) {
    #expect(error(golden.text) == golden.expected)
  }
}

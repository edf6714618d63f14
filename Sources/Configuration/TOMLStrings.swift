/// Strings: basic (`"..."`) and literal (`'...'`), on one line or on several.
extension TOMLScanner {
  /// Reads the string that begins at the opening quote to be read next.
  mutating func string() throws(TOMLError) -> String {
    if isAt(.quote, times: 3) { return try multilineString(delimiter: .quote) }
    if isAt(.apostrophe, times: 3) { return try multilineString(delimiter: .apostrophe) }
    return try singleLineString()
  }

  /// Reads a string that must end on its line, as a quoted key must.
  mutating func singleLineString() throws(TOMLError) -> String {
    let start = position
    guard let delimiter = current else { throw failure("a quote was expected; write \"...\"") }
    advance()
    var text: [UInt8] = []
    while let byte = current, !isAtLineEnd {
      if accept(delimiter) { return String(decoding: text, as: UTF8.self) }
      if byte == .backslash, delimiter == .quote {
        try escape(into: &text)
      } else if byte.isControl {
        throw controlCharacter(in: "a string")
      } else {
        text.append(byte)
        advance()
      }
    }
    throw unclosed(from: start, by: delimiter == .quote ? "\"" : "'")
  }

  private mutating func multilineString(delimiter: UInt8) throws(TOMLError) -> String {
    let start = position
    advance(by: 3)
    // A line end directly after the opening quotes does not count.
    _ = acceptNewline()
    var text: [UInt8] = []
    while let byte = current {
      if byte == delimiter {
        let run = quotes(delimiter)
        if run < 3 {
          text.append(contentsOf: repeatElement(delimiter, count: run))
          advance(by: run)
        } else {
          // Up to two quotes may stand directly before the closing three.
          let inside = min(run - 3, 2)
          text.append(contentsOf: repeatElement(delimiter, count: inside))
          advance(by: inside + 3)
          return String(decoding: text, as: UTF8.self)
        }
      } else if byte == .backslash, delimiter == .quote {
        if try !skipEscapedLineEnd() { try escape(into: &text) }
      } else if acceptNewline() {
        // TOML lets a parser choose; so a file means the same with either line end.
        text.append(.lineFeed)
      } else if byte.isControl {
        throw controlCharacter(in: "a string")
      } else {
        text.append(byte)
        advance()
      }
    }
    throw unclosed(from: start, by: delimiter == .quote ? "\"\"\"" : "'''")
  }

  /// How many of these quotes follow, counted up to 6: more make no difference.
  private func quotes(_ delimiter: UInt8) -> Int {
    var run = 0
    while run < 6, byte(ahead: run) == delimiter { run += 1 }
    return run
  }

  /// Skips a backslash at the end of a line with everything blank up to the next text, if there is one.
  private mutating func skipEscapedLineEnd() throws(TOMLError) -> Bool {
    var distance = 1
    while let byte = byte(ahead: distance), byte.isBlank { distance += 1 }
    let after = byte(ahead: distance)
    guard after == .lineFeed || (after == .carriageReturn && byte(ahead: distance + 1) == .lineFeed) else {
      return false
    }
    advance(by: distance)
    while acceptNewline() { skipBlanks() }
    return true
  }

  /// Reads an escape sequence from its backslash on.
  private mutating func escape(into text: inout [UInt8]) throws(TOMLError) {
    let start = position
    advance()
    let letter = current
    advance()
    switch letter {
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "t"): text.append(.tab)
    case UInt8(ascii: "n"): text.append(.lineFeed)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "r"): text.append(.carriageReturn)
    case UInt8(ascii: "\""): text.append(.quote)
    case UInt8(ascii: "\\"): text.append(.backslash)
    case UInt8(ascii: "u"): try unicodeEscape(digits: 4, from: start, into: &text)
    case UInt8(ascii: "U"): try unicodeEscape(digits: 8, from: start, into: &text)
    default:
      throw TOMLError(
        position: start,
        message: "unknown escape; write \\\\ for a backslash, or use '...', where a backslash means itself")
    }
  }

  private mutating func unicodeEscape(
    digits: Int, from start: Position, into text: inout [UInt8]
  ) throws(TOMLError) {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = current?.digit(radix: 16) else {
        throw TOMLError(position: start, message: "this escape needs \(digits) hexadecimal digits; write them all")
      }
      // At most eight digits of four bits: nothing is shifted out.
      value = value << 4 | UInt32(digit)
      advance()
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw TOMLError(
        position: start, message: "this escape is no Unicode scalar; use 0000...D7FF or E000...10FFFF")
    }
    text.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
  }

  private func unclosed(from start: Position, by delimiter: String) -> TOMLError {
    TOMLError(position: start, message: "this string does not end; close it with \(delimiter)")
  }
}

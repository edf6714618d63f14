/// Reads a whole TOML 1.0.0 document (<https://toml.io/en/v1.0.0>).
struct TOMLParser {
  /// The longest document that is read, in bytes.
  static let longestDocument = 1 << 20
  /// The most tables and arrays within each other.
  static let deepestNesting = 128

  private var scanner: TOMLScanner

  private init(_ bytes: [UInt8]) {
    scanner = TOMLScanner(bytes)
  }

  /// The document as its top table. Any bytes may be passed; at the first mistake an error says where and what.
  static func parse(_ bytes: [UInt8]) throws(TOMLError) -> TOMLTable {
    guard bytes.count <= longestDocument else {
      throw TOMLError(position: .start, message: "the file is longer than 1 MiB; this cannot be a carpd configuration")
    }
    if let position = firstInvalidUTF8(in: bytes) {
      throw TOMLError(position: position, message: "this is not UTF-8; save the file in UTF-8")
    }
    var parser = TOMLParser(bytes)
    guard case .table(let table) = try parser.document().content else { return TOMLTable(entries: []) }
    return table
  }

  static func checkDepth(_ depth: Int, at position: Position) throws(TOMLError) {
    guard depth <= deepestNesting else {
      throw TOMLError(
        position: position, message: "tables and arrays are nested more than \(deepestNesting) deep; nest them less")
    }
  }

  private mutating func document() throws(TOMLError) -> TOMLValue {
    let document = TOMLTableBuilder(.header, at: .start)
    var table = document
    while true {
      try scanner.skipBlanksAndLines()
      guard let byte = scanner.current else { return document.value() }
      if byte == .openBracket {
        table = try header(in: document)
      } else {
        try keyAndValue(in: table)
      }
      scanner.skipBlanks()
      try scanner.skipComment()
      guard scanner.current == nil || scanner.acceptNewline() else {
        throw scanner.failure("the line should end here; write each key or [table] on a line of its own")
      }
    }
  }

  private mutating func header(in document: TOMLTableBuilder) throws(TOMLError) -> TOMLTableBuilder {
    let start = scanner.position
    let isArray = scanner.isAt(.openBracket, times: 2)
    scanner.advance(by: isArray ? 2 : 1)
    scanner.skipBlanks()
    let path = try keyPath()
    guard scanner.isAt(.closeBracket, times: isArray ? 2 : 1) else {
      throw scanner.failure("\(isArray ? "']]'" : "']'") was expected; close the name of the table")
    }
    scanner.advance(by: isArray ? 2 : 1)
    return isArray ? try document.append(path, at: start) : try document.open(path, at: start)
  }

  private mutating func keyAndValue(in table: TOMLTableBuilder) throws(TOMLError) {
    let path = try keyPath()
    guard scanner.accept(.equals) else {
      throw scanner.failure("'=' was expected after the key; write key = value")
    }
    scanner.skipBlanks()
    let owner = try table.table(forDotted: path)
    let value = try value(depth: owner.depth + 1)
    if let key = path.last { owner.add(value, for: key) }
  }

  /// One key or several with dots between them, and the blanks after them.
  private mutating func keyPath() throws(TOMLError) -> [TOMLKey] {
    var path: [TOMLKey] = []
    repeat {
      scanner.skipBlanks()
      path.append(try key())
      scanner.skipBlanks()
    } while scanner.accept(.dot)
    return path
  }

  private mutating func key() throws(TOMLError) -> TOMLKey {
    let start = scanner.position
    if scanner.current == .quote || scanner.current == .apostrophe {
      return TOMLKey(text: try scanner.singleLineString(), position: start)
    }
    var text: [UInt8] = []
    while let byte = scanner.current, byte.isBareKeyCharacter {
      text.append(byte)
      scanner.advance()
    }
    guard !text.isEmpty else {
      throw scanner.failure("a key was expected; keys have letters, digits, '-' and '_', anything else needs quotes")
    }
    return TOMLKey(text: String(decoding: text, as: UTF8.self), position: start)
  }

  /// A value. The depth is what an array or a table would have here.
  private mutating func value(depth: Int) throws(TOMLError) -> TOMLValue {
    let start = scanner.position
    switch scanner.current {
    case .quote, .apostrophe:
      return TOMLValue(content: .string(try scanner.string()), position: start)
    case .openBracket:
      try Self.checkDepth(depth, at: start)
      return TOMLValue(content: .array(try array(depth: depth)), position: start)
    case .openBrace:
      try Self.checkDepth(depth, at: start)
      return try inlineTable(depth: depth)
    default:
      return TOMLValue(content: try scanner.bareValue(), position: start)
    }
  }

  private mutating func array(depth: Int) throws(TOMLError) -> [TOMLValue] {
    let start = scanner.position
    scanner.advance()
    var elements: [TOMLValue] = []
    while true {
      try scanner.skipBlanksAndLines()
      if scanner.accept(.closeBracket) { return elements }
      guard scanner.current != nil else { break }
      elements.append(try value(depth: depth + 1))
      try scanner.skipBlanksAndLines()
      if scanner.accept(.closeBracket) { return elements }
      guard scanner.current != nil else { break }
      guard scanner.accept(.comma) else {
        throw scanner.failure("',' or ']' was expected; separate the elements of an array by commas")
      }
    }
    throw TOMLError(position: start, message: "this array does not end; close it with ]")
  }

  private mutating func inlineTable(depth: Int) throws(TOMLError) -> TOMLValue {
    let table = TOMLTableBuilder(.header, at: scanner.position, depth: depth)
    scanner.advance()
    scanner.skipBlanks()
    if scanner.accept(.closeBrace) { return table.value() }
    while true {
      try keyAndValue(in: table)
      scanner.skipBlanks()
      if scanner.accept(.closeBrace) { return table.value() }
      guard scanner.accept(.comma) else {
        throw scanner.failure("',' or '}' was expected; an inline table is written on one line")
      }
    }
  }
}

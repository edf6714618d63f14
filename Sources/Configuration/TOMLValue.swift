/// A value of a TOML document and where it begins.
struct TOMLValue: Equatable, Sendable {
  enum Content: Equatable, Sendable {
    case string(String)
    case integer(Int64)
    case float(Double)
    case boolean(Bool)
    case dateTime(TOMLDateTime)
    case array([TOMLValue])
    case table(TOMLTable)
  }

  var content: Content
  var position: Position

  /// The kind of value as an administrator would name it, with its article.
  var kind: String {
    switch content {
    case .string: "a string"
    case .integer: "an integer"
    case .float: "a floating-point number"
    case .boolean: "a boolean"
    case .dateTime: "a date or time"
    case .array: "an array"
    case .table: "a table"
    }
  }
}

/// A key, or one part of a dotted key, and where it begins.
struct TOMLKey: Equatable, Sendable {
  var text: String
  var position: Position
}

/// One `key = value` of a table.
struct TOMLEntry: Equatable, Sendable {
  var key: TOMLKey
  var value: TOMLValue
}

/// A table, in the order of the file. No key occurs twice.
struct TOMLTable: Equatable, Sendable {
  var entries: [TOMLEntry]

  /// The entry with this key. A linear search: for keys of the schema, which are few.
  func entry(_ key: String) -> TOMLEntry? {
    entries.first { $0.key.text == key }
  }
}

import FoundationEssentials

/// Any JSON, to be held against a type of the interface description.
enum JSON: Decodable, Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .int(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  static func of(_ value: some Encodable) throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: JSONEncoder().encode(value))
  }

  subscript(key: String) -> JSON? {
    if case .object(let fields) = self { fields[key] } else { nil }
  }

  /// What about it is not as `type` says; every field must be there, the nullable ones too.
  func deviations(from type: Grammar.TypeExpression, in interface: Grammar.Interface, at path: String = "") -> [String]
  {
    switch (type, self) {
    case (.simple("bool"), .bool), (.simple("int"), .int), (.simple("string"), .string): return []
    case (.enumeration(let names), .string(let name)): return names.contains(name) ? [] : ["\(path): \(name)"]
    case (.nullable(let inner), _): return deviations(from: inner, in: interface, at: path)
    case (.array(let inner), .array(let values)):
      return values.isEmpty
        ? ["\(path): empty, so it proves nothing"]
        : values.flatMap { $0.deviations(from: inner, in: interface, at: path + "[]") }
    case (.named(let name), _):
      guard let definition = interface.types[name] else { return ["\(path): no type \(name)"] }
      return deviations(from: definition, in: interface, at: path)
    case (.structure(let fields), .object(let values)):
      let unknown = values.keys.filter { key in !fields.contains { $0.name == key } }.map { "\(path).\($0): unknown" }
      return unknown
        + fields.flatMap { field in
          values[field.name]?.deviations(from: field.type, in: interface, at: "\(path).\(field.name)")
            ?? ["\(path).\(field.name): missing"]
        }
    default: return ["\(path): \(self) is no \(type)"]
    }
  }
}

/// A parser of Varlink's interface definition language, written from the grammar on varlink.org alone.
struct Grammar {
  indirect enum TypeExpression: Equatable {
    case simple(String)
    case named(String)
    case structure([Field])
    case enumeration([String])
    case nullable(TypeExpression)
    case array(TypeExpression)
    case map(TypeExpression)
  }
  struct Field: Equatable {
    let name: String
    let type: TypeExpression
  }
  struct Interface {
    var name = ""
    var types: [String: TypeExpression] = [:]
    var methods: [String: (input: TypeExpression, output: TypeExpression)] = [:]
    var errors: [String: TypeExpression] = [:]
  }
  struct Mistake: Error, CustomStringConvertible {
    let description: String
  }

  private var tokens: ArraySlice<String>

  static func parse(_ text: String) throws -> Interface {
    var grammar = Grammar(tokens: try tokenize(text)[...])
    return try grammar.interface()
  }

  private static func tokenize(_ text: String) throws -> [String] {
    var tokens: [String] = []
    for line in text.split(separator: "\n") {
      var rest = line.prefix { $0 != "#" }
      while let first = rest.first {
        if first == " " || first == "\t" {
          rest.removeFirst()
          continue
        }
        let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
        let token =
          word.isEmpty ? ["->", "[]", "[string]"].first { rest.hasPrefix($0) } ?? String(first) : String(word)
        guard !word.isEmpty || ["->", "[]", "[string]", "(", ")", ":", ",", "?"].contains(token) else {
          throw Mistake(description: "`\(token)` in: \(line)")
        }
        tokens.append(token)
        rest.removeFirst(token.count)
      }
    }
    return tokens
  }

  private mutating func interface() throws -> Interface {
    var result = Interface()
    try expect("interface")
    result.name = try next("an interface's name") {
      $0.wholeMatch(of: /[A-Za-z]([A-Za-z0-9])*(\.[A-Za-z0-9]+)+/) != nil
    }
    while let keyword = tokens.popFirst() {
      let name = try next("a name") { $0.wholeMatch(of: /[A-Z][A-Za-z0-9]*/) != nil }
      guard result.types[name] == nil, result.methods[name] == nil, result.errors[name] == nil else {
        throw Mistake(description: "\(name) is there twice")
      }
      switch keyword {
      case "type": result.types[name] = try group()
      case "error": result.errors[name] = try structure()
      case "method":
        let input = try structure()
        try expect("->")
        result.methods[name] = (input, try structure())
      default: throw Mistake(description: "`\(keyword)` instead of type, method or error")
      }
    }
    return result
  }

  private mutating func structure() throws -> TypeExpression {
    let type = try group()
    if case .enumeration = type { throw Mistake(description: "an enum where only a struct may be") }
    return type
  }

  /// A struct or an enum: after the first field's name it is clear which.
  private mutating func group() throws -> TypeExpression {
    try expect("(")
    if tokens.first == ")" {
      tokens.removeFirst()
      return .structure([])
    }
    var names: [String] = []
    var fields: [Field] = []
    repeat {
      let name = try next("a field's name") { $0.wholeMatch(of: /[A-Za-z](_?[A-Za-z0-9])*/) != nil }
      guard !names.contains(name) else { throw Mistake(description: "\(name) is there twice") }
      names.append(name)
      if tokens.first == ":" {
        tokens.removeFirst()
        fields.append(Field(name: name, type: try type()))
      }
    } while take(",")
    try expect(")")
    guard fields.isEmpty || fields.count == names.count else { throw Mistake(description: "\(names): struct or enum?") }
    return fields.isEmpty ? .enumeration(names) : .structure(fields)
  }

  private mutating func type() throws -> TypeExpression {
    if take("?") {
      let inner = try type()
      if case .nullable = inner { throw Mistake(description: "??") }
      return .nullable(inner)
    }
    if take("[]") { return .array(try type()) }
    if take("[string]") { return .map(try type()) }
    if tokens.first == "(" { return try group() }
    let name = try next("a type") { _ in true }
    if ["bool", "int", "float", "string", "object"].contains(name) { return .simple(name) }
    guard name.wholeMatch(of: /[A-Z][A-Za-z0-9]*/) != nil else { throw Mistake(description: "`\(name)` is no type") }
    return .named(name)
  }

  private mutating func take(_ token: String) -> Bool {
    guard tokens.first == token else { return false }
    tokens.removeFirst()
    return true
  }
  private mutating func expect(_ token: String) throws {
    guard take(token) else { throw Mistake(description: "`\(tokens.first ?? "the end")` instead of `\(token)`") }
  }
  private mutating func next(_ what: String, _ fits: (String) -> Bool) throws -> String {
    guard let token = tokens.popFirst(), fits(token) else { throw Mistake(description: "no \(what)") }
    return token
  }
}

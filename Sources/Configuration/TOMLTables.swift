/// A table while its document is being read, with what is needed to tell an addition from a redefinition.
final class TOMLTableBuilder {
  /// How a table came to be, which decides who may add to it.
  enum Origin {
    /// By its own `[header]`, or it is the document. Never again by a header.
    case header
    /// As the parent in a `[parent.header]`; may still get its own header, once.
    case implied
    /// As the parent in a `dotted.key = ...`; only further dotted keys beside that one may add to it.
    case dotted
  }

  private enum Child {
    /// A value, closed to additions: inline tables and arrays in brackets are values too.
    case value(TOMLValue)
    case table(TOMLTableBuilder)
    /// `[[header]]`, one builder an element. The position is the first header's.
    case tables([TOMLTableBuilder], position: Position)
  }

  private var origin: Origin
  private var position: Position
  /// Tables and arrays around this one; the document has 0.
  let depth: Int
  private var keys: [TOMLKey] = []
  private var children: [Child] = []
  /// By the bytes of the key: two keys that look alike but are composed of other scalars are two keys.
  private var indices: [[UInt8]: Int] = [:]

  init(_ origin: Origin, at position: Position, depth: Int = 0) {
    self.origin = origin
    self.position = position
    self.depth = depth
  }

  /// The table that `[path]` opens, seen from the document.
  func open(_ path: [TOMLKey], at position: Position) throws(TOMLError) -> TOMLTableBuilder {
    guard let last = path.last else { return self }
    let parent = try parent(of: path)
    guard let index = parent.index(of: last) else {
      return try parent.addTable(.header, for: last, at: position)
    }
    switch parent.children[index] {
    case .table(let table) where table.origin == .implied:
      table.origin = .header
      table.position = position
      return table
    case .table(let table):
      throw TOMLError(
        position: last.position,
        message: "table \(quoted(last.text)) was already defined at \(table.position); put its keys together there")
    case .tables(_, let first):
      throw TOMLError(
        position: last.position,
        message: "\(quoted(last.text)) is an array of tables since \(first); write [[...]] to add one more")
    case .value(let value):
      throw parent.alreadySet(last, at: value.position)
    }
  }

  /// The table that `[[path]]` adds, seen from the document.
  func append(_ path: [TOMLKey], at position: Position) throws(TOMLError) -> TOMLTableBuilder {
    guard let last = path.last else { return self }
    let parent = try parent(of: path)
    let element = TOMLTableBuilder(.header, at: position, depth: parent.depth + 2)
    try element.checkDepth(at: last.position)
    guard let index = parent.index(of: last) else {
      parent.add(.tables([element], position: position), for: last)
      return element
    }
    switch parent.children[index] {
    case .tables(var elements, let first):
      // Emptied first, so that the array is not copied for every element.
      parent.children[index] = .tables([], position: first)
      elements.append(element)
      parent.children[index] = .tables(elements, position: first)
      return element
    case .table(let table):
      throw TOMLError(
        position: last.position,
        message: "\(quoted(last.text)) is a single table since \(table.position); write [[...]] there too")
    case .value(let value):
      throw parent.alreadySet(last, at: value.position)
    }
  }

  /// The table below this one that the value of a dotted key belongs to, which does not have it yet.
  func table(forDotted path: [TOMLKey]) throws(TOMLError) -> TOMLTableBuilder {
    var table = self
    for key in path.dropLast() {
      guard let index = table.index(of: key) else {
        table = try table.addTable(.dotted, for: key, at: key.position)
        continue
      }
      guard case .table(let next) = table.children[index], next.origin == .dotted else {
        throw table.alreadySet(key, at: table.keys[index].position)
      }
      table = next
    }
    if let last = path.last, let index = table.index(of: last) {
      throw table.alreadySet(last, at: table.keys[index].position)
    }
    return table
  }

  /// Adds a value for a key that is not there yet.
  func add(_ value: TOMLValue, for key: TOMLKey) {
    add(.value(value), for: key)
  }

  /// The finished table.
  func value() -> TOMLValue {
    let entries = zip(keys, children).map { key, child in
      switch child {
      case .value(let value): TOMLEntry(key: key, value: value)
      case .table(let table): TOMLEntry(key: key, value: table.value())
      case .tables(let tables, let position):
        TOMLEntry(key: key, value: TOMLValue(content: .array(tables.map { $0.value() }), position: position))
      }
    }
    return TOMLValue(content: .table(TOMLTable(entries: entries)), position: position)
  }

  /// The table that holds the last key of a header; those between are implied if they are not there.
  private func parent(of path: [TOMLKey]) throws(TOMLError) -> TOMLTableBuilder {
    var table = self
    for key in path.dropLast() {
      guard let index = table.index(of: key) else {
        table = try table.addTable(.implied, for: key, at: key.position)
        continue
      }
      switch table.children[index] {
      case .table(let next): table = next
      case .tables(let elements, let position):
        guard let newest = elements.last else { throw table.alreadySet(key, at: position) }
        table = newest
      case .value(let value):
        throw table.alreadySet(key, at: value.position)
      }
    }
    return table
  }

  private func addTable(_ origin: Origin, for key: TOMLKey, at position: Position) throws(TOMLError) -> TOMLTableBuilder
  {
    let table = TOMLTableBuilder(origin, at: position, depth: depth + 1)
    try table.checkDepth(at: key.position)
    add(.table(table), for: key)
    return table
  }

  private func add(_ child: Child, for key: TOMLKey) {
    indices[Array(key.text.utf8)] = keys.count
    keys.append(key)
    children.append(child)
  }

  private func index(of key: TOMLKey) -> Int? { indices[Array(key.text.utf8)] }

  private func checkDepth(at position: Position) throws(TOMLError) {
    try TOMLParser.checkDepth(depth, at: position)
  }

  private func alreadySet(_ key: TOMLKey, at earlier: Position) -> TOMLError {
    TOMLError(
      position: key.position, message: "key \(quoted(key.text)) is already set at \(earlier); keep one of the two")
  }
}

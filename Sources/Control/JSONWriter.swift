/// Puts a value into JSON, member after member in the order it encodes them, straight into bytes.
///
/// The toolchain's encoder builds a tree first and takes ten times as long: so long no election has its turn.
final class JSONWriter {
  private(set) var bytes: [UInt8] = []
  /// The objects and arrays that are open: what closes each, and whether it has a member yet.
  private var open: [(closer: UInt8, isEmpty: Bool)] = []

  /// The JSON of `value`.
  static func bytes(of value: some Encodable) throws -> [UInt8] {
    let writer = JSONWriter()
    try writer.write(value)
    return writer.bytes
  }

  fileprivate var depth: Int { open.count }

  fileprivate func begin(_ opener: Character, _ closer: Character) {
    bytes.append(opener.asciiValue ?? 0)
    open.append((closer.asciiValue ?? 0, true))
  }

  /// Whoever writes into an outer object is done with the inner ones.
  fileprivate func close(to depth: Int) {
    while open.count > depth, let last = open.popLast() { bytes.append(last.closer) }
  }

  /// Before each member of the object or array at `depth`.
  fileprivate func beginMember(at depth: Int, _ key: String? = nil) {
    close(to: depth)
    if !open.isEmpty {
      if !open[depth - 1].isEmpty { bytes.append(UInt8(ascii: ",")) }
      open[depth - 1].isEmpty = false
    }
    guard let key else { return }
    write(key)
    bytes.append(UInt8(ascii: ":"))
  }

  fileprivate func write<T: Encodable>(_ value: T) throws {
    switch value {
    case let text as String: write(text)
    case let truth as Bool: bytes.append(contentsOf: (truth ? "true" : "false").utf8)
    case let number as any FixedWidthInteger: bytes.append(contentsOf: String(describing: number).utf8)
    case let number as any BinaryFloatingPoint: bytes.append(contentsOf: String(describing: number).utf8)
    default:
      let depth = depth
      let before = bytes.count
      try value.encode(to: ValueEncoder(writer: self))
      close(to: depth)
      if bytes.count == before { writeNull() }
    }
  }

  fileprivate func writeNull() { bytes.append(contentsOf: "null".utf8) }

  private func write(_ text: String) {
    let hexadecimal = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      case 0..<32: bytes += Array("\\u00".utf8) + [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

/// What a value encodes itself with.
private struct ValueEncoder: Encoder {
  let writer: JSONWriter
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
    writer.begin("{", "}")
    return KeyedEncodingContainer(Members<Key>(writer: writer, depth: writer.depth))
  }
  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    writer.begin("[", "]")
    return Elements(writer: writer, depth: writer.depth)
  }
  func singleValueContainer() -> any SingleValueEncodingContainer { Single(writer: writer) }
}

/// The members of an object.
private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let writer: JSONWriter
  let depth: Int
  var codingPath: [any CodingKey] { [] }

  func encodeNil(forKey key: Key) {
    writer.beginMember(at: depth, key.stringValue)
    writer.writeNull()
  }
  func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    writer.beginMember(at: depth, key.stringValue)
    try writer.write(value)
  }
  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    superEncoder(forKey: key).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    superEncoder(forKey: key).unkeyedContainer()
  }
  func superEncoder() -> any Encoder { ValueEncoder(writer: writer) }
  func superEncoder(forKey key: Key) -> any Encoder {
    writer.beginMember(at: depth, key.stringValue)
    return ValueEncoder(writer: writer)
  }
}

/// The elements of an array.
private struct Elements: UnkeyedEncodingContainer {
  let writer: JSONWriter
  let depth: Int
  private(set) var count = 0
  var codingPath: [any CodingKey] { [] }

  init(writer: JSONWriter, depth: Int) {
    self.writer = writer
    self.depth = depth
  }

  mutating func encodeNil() {
    begin()
    writer.writeNull()
  }
  mutating func encode<T: Encodable>(_ value: T) throws {
    begin()
    try writer.write(value)
  }
  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    superEncoder().container(keyedBy: type)
  }
  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { superEncoder().unkeyedContainer() }
  mutating func superEncoder() -> any Encoder {
    begin()
    return ValueEncoder(writer: writer)
  }
  private mutating func begin() {
    count += 1
    writer.beginMember(at: depth)
  }
}

/// A value that is neither object nor array.
private struct Single: SingleValueEncodingContainer {
  let writer: JSONWriter
  var codingPath: [any CodingKey] { [] }

  func encodeNil() { writer.writeNull() }
  func encode<T: Encodable>(_ value: T) throws { try writer.write(value) }
}

/// Reads a message as the compiler lays it out (`Decodable`): the counterpart of `Writer`. Nothing a datagram holds makes
/// it do more than throw.
final class Reader: Decoder, SingleValueDecodingContainer, UnkeyedDecodingContainer, Pathless {
  private var rest: ArraySlice<UInt8>
  /// Which message is read.
  var type = MessageType.ready
  init(_ bytes: [UInt8]) { rest = bytes[...] }
  static func of(_ decoder: any Decoder) throws -> Reader {
    if let reader = decoder as? Reader { reader } else { throw Malformed() }
  }

  func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw Malformed() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  func decode(_ type: UInt8.Type) throws -> UInt8 { UInt8(truncatingIfNeeded: try take(1).number) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { UInt16(truncatingIfNeeded: try take(2).number) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { UInt32(truncatingIfNeeded: try take(4).number) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try take(8).number }
  func decode(_ type: Bool.Type) throws -> Bool {
    let byte = try decode(UInt8.self)
    return if byte <= 1 { byte == 1 } else { throw Malformed() }
  }
  func decode(_ type: String.Type) throws -> String { try Text<900>(from: self).wrappedValue }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { throw Malformed() }
  func decodeNil() -> Bool { false }

  var count: Int? { nil }
  var isAtEnd: Bool { rest.isEmpty }
  var currentIndex: Int { 0 }
  func container<Key>(keyedBy key: Key.Type) -> KeyedDecodingContainer<Key> { KeyedDecodingContainer(Fields(self)) }
  func nestedContainer<Key>(keyedBy key: Key.Type) -> KeyedDecodingContainer<Key> { container(keyedBy: key) }
  func unkeyedContainer() -> any UnkeyedDecodingContainer { self }
  func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { self }
  func singleValueContainer() -> any SingleValueDecodingContainer { self }
  func superDecoder() -> any Decoder { self }

  private struct Fields<Key: CodingKey>: KeyedDecodingContainerProtocol, Pathless {
    let read: Reader
    init(_ read: Reader) { self.read = read }
    /// Asked for by Message only, to know its case.
    var allKeys: [Key] { Key(stringValue: MessageType.names[Int(read.type.rawValue)]).map { [$0] } ?? [] }
    func contains(_ key: Key) -> Bool { true }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try T(from: read) }
    func decodeNil(forKey key: Key) -> Bool { false }
    func nestedContainer<Case>(keyedBy type: Case.Type, forKey key: Key) -> KeyedDecodingContainer<Case> {
      read.container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { read }
    func superDecoder() -> any Decoder { read }
    func superDecoder(forKey key: Key) -> any Decoder { read }
  }
}

extension Collection<UInt8> {
  /// The last eight of them as an integer in network order.
  var number: UInt64 { reduce(0) { $0 << 8 | UInt64($1) } }
}

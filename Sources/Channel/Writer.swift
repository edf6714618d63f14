/// Thrown where bytes end too early or hold a value that is not allowed.
struct Malformed: Error {}

/// Writes a message as the compiler lays it out (`Encodable`): its type, then its fields in the order of their
/// declaration, without their names. There is one encoding of each value; all integers are big-endian. Nothing else that
/// Encodable can do is of use here: a value that may be missing, and numbers of other kinds, have no encoding.
final class Writer: Encoder, SingleValueEncodingContainer, UnkeyedEncodingContainer, Pathless {
  var bytes: [UInt8] = []
  static func of(_ encoder: any Encoder) throws -> Writer {
    if let writer = encoder as? Writer { writer } else { throw Malformed() }
  }

  func encode(_ value: UInt8) { bytes.append(value) }
  func encode(_ value: UInt16) { bytes += value.networkBytes }
  func encode(_ value: UInt32) { bytes += value.networkBytes }
  func encode(_ value: UInt64) { bytes += value.networkBytes }
  func encode(_ value: Bool) { bytes.append(value ? 1 : 0) }
  /// Text that is no property, and so cannot say how long it may be.
  func encode(_ value: String) throws { try Text<900>(wrappedValue: value).encode(to: self) }
  func encode(_ value: some Encodable) throws { throw Malformed() }
  func encodeNil() throws { throw Malformed() }

  var count: Int { 0 }
  func container<Key>(keyedBy key: Key.Type) -> KeyedEncodingContainer<Key> { KeyedEncodingContainer(Fields(self)) }
  func nestedContainer<Key>(keyedBy key: Key.Type) -> KeyedEncodingContainer<Key> { container(keyedBy: key) }
  func unkeyedContainer() -> any UnkeyedEncodingContainer { self }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self }
  func singleValueContainer() -> any SingleValueEncodingContainer { self }
  func superEncoder() -> any Encoder { self }

  private struct Fields<Key: CodingKey>: KeyedEncodingContainerProtocol, Pathless {
    let write: Writer
    init(_ write: Writer) { self.write = write }
    func encode(_ value: some Encodable, forKey key: Key) throws { try value.encode(to: write) }
    func encodeNil(forKey key: Key) throws { throw Malformed() }
    /// The fields of the case `key` of Message.
    func nestedContainer<Case>(keyedBy type: Case.Type, forKey key: Key) -> KeyedEncodingContainer<Case> {
      write.bytes.append(UInt8(truncatingIfNeeded: MessageType.names.firstIndex(of: key.stringValue) ?? 0xff))
      return write.container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { write }
    func superEncoder() -> any Encoder { write }
    func superEncoder(forKey key: Key) -> any Encoder { write }
  }
}

/// Codable wants to know where in the tree of values it is.
protocol Pathless {}
extension Pathless {
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }
}

extension MessageType {
  /// The cases' names, by their numbers.
  static let names = allCases.map(\.name)
}

extension FixedWidthInteger {
  var networkBytes: [UInt8] { (0..<Self.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}

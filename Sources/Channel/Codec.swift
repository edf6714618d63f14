/// Thrown where bytes end too early or hold a value that is not allowed.
struct Malformed: Error {}

/// What can be part of a message. There is one encoding of each value; all integers are big-endian.
protocol Writable { func encode(_ write: inout Writer) }

/// What can be part of a message and says by its type how it is read.
protocol Field: Writable { init(_ read: inout Reader) throws(Malformed) }

/// A datagram in the making: `write(.link, interface, condition)`.
struct Writer {
  /// The request id of the message.
  var id: UInt32 = 0
  private(set) var bytes: [UInt8] = []

  /// Appends fields, in the order of the wire.
  mutating func callAsFunction<each T: Writable>(_ values: repeat each T) {
    for value in repeat each values { value.encode(&self) }
  }

  /// Begins a message and appends its fields.
  mutating func callAsFunction<each T: Writable>(_ type: MessageType, _ values: repeat each T) {
    self(Packet.version, type, UInt16(0), id, repeat each values)
  }

  mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }
}

/// What is left of a received datagram: `try .link(interface: read(), condition: read())`.
struct Reader {
  private(set) var rest: ArraySlice<UInt8>
  init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

  /// The next field, of the type that is wanted.
  mutating func callAsFunction<T: Field>() throws(Malformed) -> T { try T(&self) }

  mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw Malformed() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// A field of `Padded`.
  mutating func bytes(_ capacity: Int) throws(Malformed) -> [UInt8] {
    let count = Int(try self() as UInt16)
    let field = try take(capacity)
    guard count <= capacity, field.dropFirst(count).allSatisfy({ $0 == 0 }) else { throw Malformed() }
    return Array(field.prefix(count))
  }

  /// A field of `Padded` that must be UTF-8: mended text would not be what was sent.
  mutating func text(_ capacity: Int) throws(Malformed) -> String {
    guard let text = String(validating: try bytes(capacity), as: UTF8.self) else { throw Malformed() }
    return text
  }
}

/// So many bytes on the wire behind a length, whatever is used of them; the rest is zero. What is longer is cut.
struct Padded: Writable {
  private let used: ArraySlice<UInt8>
  private let capacity: Int
  init(_ bytes: [UInt8], _ capacity: Int) { (used, self.capacity) = (bytes.prefix(capacity), capacity) }
  init(_ text: String, _ capacity: Int) { self.init(Array(text.utf8), capacity) }
  func encode(_ write: inout Writer) {
    write(UInt16(truncatingIfNeeded: used.count))
    write.append(used + repeatElement(0, count: capacity - used.count))
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  init(_ read: inout Reader) throws(Malformed) {
    // Shifting by a whole byte is not defined for UInt8 itself, hence the wide intermediate.
    self.init(truncatingIfNeeded: try read.take(Self.bitWidth / 8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
  }
  func encode(_ write: inout Writer) {
    write.append((0..<Self.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) })
  }
}
extension UInt8: Field {}
extension UInt16: Field {}
extension UInt32: Field {}
extension UInt64: Field {}

extension Field where Self: RawRepresentable, RawValue: Field {
  init(_ read: inout Reader) throws(Malformed) {
    guard let known = Self(rawValue: try read()) else { throw Malformed() }
    self = known
  }
  func encode(_ write: inout Writer) { write(rawValue) }
}

extension Bool: Field {
  init(_ read: inout Reader) throws(Malformed) {
    let byte: UInt8 = try read()
    guard byte <= 1 else { throw Malformed() }
    self = byte == 1
  }
  func encode(_ write: inout Writer) { write(self ? 1 : 0 as UInt8) }
}

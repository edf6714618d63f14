/// Thrown where bytes end too early or hold a value that is not allowed.
struct Malformed: Error {}

/// What can be part of a message. There is one encoding of each value; all integers are big-endian.
protocol Field: Sendable {
  init(_ read: inout Reader) throws(Malformed)
  func encode(_ write: inout Writer)
}

/// A datagram in the making: `write(interface, condition)`.
struct Writer {
  private(set) var bytes: [UInt8] = []

  /// Appends fields, in the order of the wire.
  mutating func callAsFunction<each T: Field>(_ values: repeat each T) {
    for value in repeat each values { value.encode(&self) }
  }

  mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// So many bytes on the wire behind a length, whatever is used of them; the rest is zero. What is longer is cut.
  mutating func append(_ value: some Collection<UInt8>, padded capacity: Int) {
    let used = value.prefix(capacity)
    self(UInt16(truncatingIfNeeded: used.count))
    append(used)
    append(repeatElement(0, count: capacity - used.count))
  }
}

/// What is left of a received datagram: `try .link(interface: read(), condition: read())`.
struct Reader {
  private(set) var rest: ArraySlice<UInt8>
  init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// The next field, of the type that is wanted.
  mutating func callAsFunction<T: Field>() throws(Malformed) -> T { try T(&self) }

  mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw Malformed() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// What was written as padded.
  mutating func take(padded capacity: Int) throws(Malformed) -> ArraySlice<UInt8> {
    let count = Int(try self() as UInt16)
    let field = try take(capacity)
    guard count <= capacity, field.dropFirst(count).allSatisfy({ $0 == 0 }) else { throw Malformed() }
    return field.prefix(count)
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

/// At most `capacity` bytes.
@propertyWrapper public struct Bytes<let capacity: Int>: Equatable, Sendable, Field {
  public var wrappedValue: [UInt8]
  public init(wrappedValue: [UInt8]) { self.wrappedValue = wrappedValue }
  init(_ read: inout Reader) throws(Malformed) { wrappedValue = Array(try read.take(padded: capacity)) }
  func encode(_ write: inout Writer) { write.append(wrappedValue, padded: capacity) }
}

/// At most `capacity` bytes of text, which must be UTF-8: mended text would not be what was sent.
@propertyWrapper public struct Text<let capacity: Int>: Equatable, Sendable, Field {
  public var wrappedValue: String
  public init(wrappedValue: String) { self.wrappedValue = wrappedValue }
  init(_ read: inout Reader) throws(Malformed) {
    guard let text = String(validating: try read.take(padded: capacity), as: UTF8.self) else { throw Malformed() }
    wrappedValue = text
  }
  func encode(_ write: inout Writer) { write.append(wrappedValue.utf8, padded: capacity) }
}

/// Text outside of a payload.
extension String: Field {
  static let capacity = 900
  init(_ read: inout Reader) throws(Malformed) { self = try (read() as Text<900>).wrappedValue }
  func encode(_ write: inout Writer) { write(Text<900>(wrappedValue: self)) }
}

/// The fields of a payload in the order of the wire, by which it is read and written.
struct Layout<Root>: Sendable {
  let read: @Sendable (inout Root, inout Reader) throws(Malformed) -> Void
  let write: @Sendable (Root, inout Writer) -> Void
  init<each T: Field>(_ fields: repeat any WritableKeyPath<Root, each T> & Sendable) {
    read = { (root, read) throws(Malformed) in
      for field in repeat each fields { root[keyPath: field] = try read() }
    }
    write = { root, write in
      for field in repeat each fields { write(root[keyPath: field]) }
    }
  }
}

/// One of the larger messages: it says only how its fields are laid out.
protocol Payload: Field {
  init()
  static var layout: Layout<Self> { get }
}

extension Payload {
  init(_ read: inout Reader) throws(Malformed) {
    self.init()
    try Self.layout.read(&self, &read)
  }
  func encode(_ write: inout Writer) { Self.layout.write(self, &write) }
}

/// Thrown where bytes end too early or hold a value that is not allowed.
public struct Malformed: Error {}

/// What can be part of a message. There is one encoding of each value; all integers are big-endian.
protocol Field: Sendable {
  init(_ read: inout Reader) throws(Malformed)
  func append(to bytes: inout [UInt8])
}

/// What is left of a received datagram.
struct Reader {
  private(set) var rest: ArraySlice<UInt8>

  /// The next field, of the type that is wanted.
  mutating func callAsFunction<T: Field>() throws(Malformed) -> T { try T(&self) }

  mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw Malformed() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}

extension FixedWidthInteger where Self: UnsignedInteger {
  init(_ read: inout Reader) throws(Malformed) {
    self.init(truncatingIfNeeded: try read.take(Self.bitWidth / 8).number)
  }
  func append(to bytes: inout [UInt8]) { bytes += networkBytes }
  var networkBytes: [UInt8] { (0..<Self.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}
extension UInt8: Field {}
extension UInt16: Field {}
extension UInt32: Field {}
extension UInt64: Field {}
extension UInt128: Field {}

extension Field where Self: RawRepresentable, RawValue: Field {
  init(_ read: inout Reader) throws(Malformed) {
    guard let known = Self(rawValue: try read()) else { throw Malformed() }
    self = known
  }
  func append(to bytes: inout [UInt8]) { rawValue.append(to: &bytes) }
}

private enum Truth: UInt8, Field { case no, yes }

extension Bool: Field {
  init(_ read: inout Reader) throws(Malformed) { self = try (read() as Truth) == .yes }
  func append(to bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

/// At most so many bytes: on the wire behind their number, and followed by zeros. What is longer is cut.
@propertyWrapper public struct Bytes<let capacity: Int>: Equatable, Sendable, Field {
  public var wrappedValue: [UInt8]
  public init(wrappedValue: [UInt8]) { self.wrappedValue = wrappedValue }
  init(_ read: inout Reader) throws(Malformed) {
    let count = Int(try read() as UInt16)
    let field = try read.take(capacity)
    guard count <= capacity, field.dropFirst(count).allSatisfy({ $0 == 0 }) else { throw Malformed() }
    wrappedValue = Array(field.prefix(count))
  }
  func append(to bytes: inout [UInt8]) {
    let used = wrappedValue.prefix(capacity)
    UInt16(truncatingIfNeeded: used.count).append(to: &bytes)
    bytes += used + repeatElement(0, count: capacity - used.count)
  }
}

/// The same of text, which must be UTF-8: mended text would not be what was sent.
@propertyWrapper public struct Text<let capacity: Int>: Equatable, Sendable, Field {
  public var wrappedValue: String
  public init(wrappedValue: String) { self.wrappedValue = wrappedValue }
  init(_ read: inout Reader) throws(Malformed) {
    let bytes: Bytes<capacity> = try read()
    guard let text = String(validating: bytes.wrappedValue, as: UTF8.self) else { throw Malformed() }
    wrappedValue = text
  }
  func append(to bytes: inout [UInt8]) { Bytes<capacity>(wrappedValue: Array(wrappedValue.utf8)).append(to: &bytes) }
}

/// Text that is no property, and so cannot say how long it may be.
extension String: Field {
  init(_ read: inout Reader) throws(Malformed) { self = try (read() as Text<900>).wrappedValue }
  func append(to bytes: inout [UInt8]) { Text<900>(wrappedValue: self).append(to: &bytes) }
}

extension Collection<UInt8> {
  /// The last sixteen of them as an integer in network order.
  var number: UInt128 { reduce(0) { $0 << 8 | UInt128($1) } }
}

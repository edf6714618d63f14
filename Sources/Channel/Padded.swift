/// At most so many bytes: on the wire behind their number, and followed by zeros. What is longer is cut.
@propertyWrapper public struct Bytes<let capacity: Int>: Equatable, Sendable, Codable {
  public var wrappedValue: [UInt8]
  public init(wrappedValue: [UInt8]) { self.wrappedValue = wrappedValue }
  public init(from decoder: any Decoder) throws {
    let read = try Reader.of(decoder)
    let count = Int(try read.decode(UInt16.self))
    let field = try read.take(capacity)
    guard count <= capacity, field.dropFirst(count).allSatisfy({ $0 == 0 }) else { throw Malformed() }
    wrappedValue = Array(field.prefix(count))
  }
  public func encode(to encoder: any Encoder) throws {
    let (write, used) = (try Writer.of(encoder), wrappedValue.prefix(capacity))
    write.encode(UInt16(truncatingIfNeeded: used.count))
    write.bytes += used + repeatElement(0, count: capacity - used.count)
  }
}

/// The same of text, which must be UTF-8: mended text would not be what was sent.
@propertyWrapper public struct Text<let capacity: Int>: Equatable, Sendable, Codable {
  public var wrappedValue: String
  public init(wrappedValue: String) { self.wrappedValue = wrappedValue }
  public init(from decoder: any Decoder) throws {
    let bytes = try Bytes<capacity>(from: decoder).wrappedValue
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Malformed() }
    wrappedValue = text
  }
  public func encode(to encoder: any Encoder) throws {
    try Bytes<capacity>(wrappedValue: Array(wrappedValue.utf8)).encode(to: encoder)
  }
}

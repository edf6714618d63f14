/// One datagram of the channel: version, type, request id, then the payload of exactly the type's size.
public struct Packet: Equatable, Sendable {
  /// Both ends are of one build; anything else is a violation.
  public static let version: UInt8 = 1
  /// Longer than the longest message; a datagram that does not fit is a violation.
  public static let capacity = 768

  public let type: MessageType
  public let id: UInt32
  let payload: [UInt8]

  public init(_ type: MessageType, id: UInt32, _ payload: some Payload = Ready()) {
    self.type = type
    self.id = id
    var fields = Fields()
    var copy = payload
    copy.fields(&fields)
    self.payload = fields.bytes
  }

  /// Nil unless version and type are known and the header is whole.
  public init?(bytes: [UInt8]) {
    guard bytes.count >= 8, bytes[0] == Packet.version, bytes[2] == 0, bytes[3] == 0,
      let type = MessageType(rawValue: bytes[1])
    else { return nil }
    self.type = type
    id = bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
    payload = Array(bytes[8...])
  }

  public var bytes: [UInt8] {
    let idBytes = (0..<4).reversed().map { UInt8(truncatingIfNeeded: id >> UInt32($0 * 8)) }
    return [Packet.version, type.rawValue, 0, 0] + idBytes + payload
  }

  /// The payload as `P`, or nil unless every byte is used and every field legal.
  public func decode<P: Payload>(_: P.Type = P.self) -> P? {
    var fields = Fields(decoding: payload)
    var value = P()
    value.fields(&fields)
    return fields.isComplete ? value : nil
  }
}

/// One datagram of the channel: version, type, two zero bytes, request id, then exactly the fields of the type.
public struct Packet: Equatable, Sendable {
  /// Both ends are of one build; anything else is a violation.
  public static let version: UInt8 = 1
  /// Longer than the longest message; a datagram that does not fit is a violation.
  public static let capacity = 1024

  public let id: UInt32
  public let type: MessageType
  public let message: Message

  /// Throws unless it is a message in its one encoding: every field legal, no byte too few or too many.
  public init(bytes: [UInt8]) throws(Malformed) {
    var read = Reader(rest: bytes[...])
    let (version, reserved): (UInt8, UInt16)
    (version, type, reserved, id) = try (read(), read(), read(), read())
    message = try Form.all[Int(type.rawValue)].message(&read)
    guard version == Packet.version, reserved == 0, read.rest.isEmpty else { throw Malformed() }
  }
}

extension Message {
  /// The datagram.
  public func bytes(id: UInt32) -> [UInt8] {
    for (type, form) in zip(MessageType.allCases, Form.all) {
      if let fields = form.bytes(self) { return [Packet.version, type.rawValue, 0, 0] + id.networkBytes + fields }
    }
    return []
  }
}

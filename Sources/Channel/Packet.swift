/// One datagram of the channel: version, request id, type of the message, then exactly its fields.
public struct Packet: Equatable, Sendable {
  /// Both ends are of one build; anything else is a violation.
  public static let version: UInt8 = 1
  /// Longer than the longest message; a datagram that does not fit is a violation.
  public static let capacity = 1024

  public let id: UInt32
  public let type: MessageType
  public let message: Message

  /// Nil unless it is a message in its one encoding: every field legal, no byte too few or too many.
  public init?(bytes: [UInt8]) {
    let read = Reader(bytes)
    guard (try? read.decode(UInt8.self)) == Packet.version, let id = try? read.decode(UInt32.self),
      let type = try? MessageType(from: read)
    else { return nil }
    read.type = type
    guard let message = try? Message(from: read), read.isAtEnd else { return nil }
    (self.id, self.type, self.message) = (id, type, message)
  }
}

extension Message {
  /// The datagram.
  public func bytes(id: UInt32) -> [UInt8] {
    let write = Writer()
    write.encode(Packet.version)
    write.encode(id)
    // Fails for a message that this module's own types do not make.
    try? encode(to: write)
    return write.bytes
  }
}

import CARP
import Channel

/// A packet of protocol 112, apart from its IP header.
struct ReceivedPacket {
  /// TTL or hop limit.
  let ttl: UInt8
  /// What follows the IP header, as far as it was relayed.
  let bytes: [UInt8]
  /// How many bytes followed the IP header on the wire.
  let length: Int

  /// Nil if an IPv4 packet does not even have the header that it says it has.
  init?(_ frame: Frame) {
    guard frame.family == .ipv4 else {
      (ttl, bytes, length) = (frame.hopLimit, frame.bytes, Int(frame.length))
      return
    }
    guard frame.bytes.count >= 20, let first = frame.bytes.first else { return nil }
    let header = Int(first & 0x0f) * 4
    guard header >= 20, header <= Int(frame.length) else { return nil }
    (ttl, bytes, length) = (frame.bytes[8], Array(frame.bytes.dropFirst(header)), Int(frame.length) - header)
  }
}

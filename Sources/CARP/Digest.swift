/// The 20 bytes of an HMAC-SHA1 as an advertisement carries them (CARP section 3).
public struct Digest: Equatable, Sendable {
  /// The size of a digest in bytes.
  public static let size = 20

  /// Always exactly `size` bytes.
  public let bytes: [UInt8]

  /// Nil unless there are exactly 20 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Digest.size else { return nil }
    self.bytes = bytes
  }

  /// The 20 bytes at `offset` of a packet; the caller has checked that they are there.
  init(of packet: [UInt8], at offset: Int) {
    bytes = Array(packet[offset..<offset + Digest.size])
  }

  /// Whether both digests are the same, in a time that does not depend on where they differ: a received digest is
  /// compared with this, never with `==`.
  public func matches(_ other: Digest) -> Bool {
    zip(bytes, other.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

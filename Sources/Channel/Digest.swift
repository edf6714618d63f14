/// Twenty bytes of HMAC-SHA1: to the supervisor a number it puts into a packet, nothing it could compute.
public struct Digest: Equatable, Sendable, Field {
  public let bytes: [UInt8]
  public init() { bytes = [UInt8](repeating: 0, count: 20) }
  /// Takes the first 20 of `bytes`; nil if there are fewer.
  public init?(bytes: [UInt8]) {
    guard bytes.count >= 20 else { return nil }
    self.bytes = Array(bytes.prefix(20))
  }
  init(_ read: inout Reader) throws(Malformed) { bytes = Array(try read.take(20)) }
  func append(to bytes: inout [UInt8]) { bytes += self.bytes }
}

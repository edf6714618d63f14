import Glibc

/// An address as plain numbers: the privileged side compares and copies addresses, it never reads text.
public struct Address: Hashable, Sendable, CustomStringConvertible, Payload {
  public var family: Family
  /// The first eight bytes of an IPv6 address, 0 for IPv4.
  public var high: UInt64
  /// The last eight bytes of an IPv6 address, or the four of an IPv4 one.
  public var low: UInt64

  public init(family: Family, high: UInt64, low: UInt64) {
    (self.family, self.high, self.low) = (family, high, low)
  }

  init() { self.init(unspecified: .ipv4) }
  static let layout = Layout<Self>(\.family, \.high, \.low)

  /// The unspecified address: 0.0.0.0 or ::.
  public init(unspecified family: Family) { self.init(family: family, high: 0, low: 0) }

  /// 4 or 16 bytes in network order; nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    let all = Array(bytes)[...]
    self.init(family: all.count == 4 ? .ipv4 : .ipv6, high: all.dropLast(8).number, low: all.suffix(8).number)
  }

  /// 4 or 16 bytes in network order.
  public var bytes: [UInt8] { Array((high.networkBytes + low.networkBytes).suffix(family == .ipv4 ? 4 : 16)) }

  public var isUnspecified: Bool { high == 0 && low == 0 }
  /// 224.0.0.0/4 or ff00::/8.
  public var isMulticast: Bool { family == .ipv4 ? low >> 28 == 0xe : high >> 56 == 0xff }
  /// fe80::/10.
  public var isLinkLocal: Bool { family == .ipv6 && high >> 54 == 0x3fa }

  /// The network of `prefix` bits it lies in.
  public func network(_ prefix: UInt8) -> Address {
    let hostBits = max(0, (family == .ipv4 ? 32 : 128) - Int(prefix))
    return Address(
      family: family, high: high & (UInt64.max << max(0, hostBits - 64)), low: low & (UInt64.max << hostBits))
  }

  /// Dotted quad, or RFC 5952.
  public var description: String {
    var text = [UInt8](repeating: 0, count: 46)
    _ = unsafe text.withUnsafeMutableBytes { (place: UnsafeMutableRawBufferPointer) in
      unsafe inet_ntop(family == .ipv4 ? AF_INET : AF_INET6, bytes, place.baseAddress, 46)
    }
    return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
  }
}

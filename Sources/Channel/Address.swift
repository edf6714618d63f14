import Glibc

/// An address as a plain number: the privileged side compares and copies addresses, it never reads text.
public struct Address: Hashable, Sendable, CustomStringConvertible, Payload {
  public var family = Family.ipv4
  /// Its bytes in network order; an IPv4 address is the last four.
  public var value: UInt128 = 0

  init() {}
  static let layout = Layout<Self>(\.family, \.value)

  public init(_ family: Family, _ value: UInt128) { (self.family, self.value) = (family, value) }

  /// The unspecified address: 0.0.0.0 or ::.
  public init(unspecified family: Family) { self.family = family }

  /// 4 or 16 bytes in network order; nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.init(bytes.count == 4 ? .ipv4 : .ipv6, bytes.number)
  }

  /// 4 or 16 bytes in network order.
  public var bytes: [UInt8] { value.networkBytes.suffix(family == .ipv4 ? 4 : 16) }

  public var isUnspecified: Bool { value == 0 }
  /// 224.0.0.0/4 or ff00::/8.
  public var isMulticast: Bool { family == .ipv4 ? value >> 28 == 0xe : value >> 120 == 0xff }
  /// fe80::/10.
  public var isLinkLocal: Bool { family == .ipv6 && value >> 118 == 0x3fa }

  /// The network of `prefix` bits it lies in.
  public func network(_ prefix: UInt8) -> Address {
    Address(family, value & UInt128.max << max(0, (family == .ipv4 ? 32 : 128) - Int(prefix)))
  }

  /// Dotted quad, or RFC 5952.
  public var description: String {
    var text = [CChar](repeating: 0, count: 46)
    _ = unsafe inet_ntop(family == .ipv4 ? AF_INET : AF_INET6, bytes, &text, 46)
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

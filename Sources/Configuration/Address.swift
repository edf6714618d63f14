/// An IPv4 or IPv6 address, without zone and without prefix length.
public enum Address: Hashable, Sendable {
  /// The 32 bits in host order: 192.0.2.1 is 0xC0000201.
  case ipv4(UInt32)
  /// The 128 bits in host order, halved: 2001:db8::1 is 0x20010DB8_00000000 and 1.
  case ipv6(high: UInt64, low: UInt64)

  /// Whether this is an IPv6 address.
  public var isIPv6: Bool {
    if case .ipv6 = self { true } else { false }
  }

  /// The bits of an address of this family: 32 or 128.
  public var bitWidth: Int { isIPv6 ? 128 : 32 }

  /// `IPv4` or `IPv6`.
  var familyName: String { isIPv6 ? "IPv6" : "IPv4" }

  /// Why no host can be told by this address, nil if one can. The words follow "is".
  var unusable: String? {
    switch self {
    case .ipv4(0), .ipv6(0, 0): "the unspecified address"
    case .ipv4(.max): "the broadcast address"
    case .ipv4(let bits) where bits >> 28 == 0xE: "a multicast address"
    case .ipv4(let bits) where bits >> 24 == 127: "a loopback address"
    case .ipv6(0, 1): "a loopback address"
    case .ipv6(let high, _) where high >> 56 == 0xFF: "a multicast address"
    case .ipv6(0, let low) where low >> 32 == 0xFFFF: "an IPv4 address in IPv6 form"
    default: nil
    }
  }
}

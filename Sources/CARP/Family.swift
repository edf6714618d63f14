/// The address family of a packet or an address.
public enum Family: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  case ipv4 = 4
  case ipv6 = 6

  public var description: String {
    switch self {
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    }
  }
}

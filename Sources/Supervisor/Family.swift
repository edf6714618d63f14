import Channel

extension Family {
  /// AF_INET or AF_INET6.
  var domain: Int32 { self == .ipv4 ? AF_INET : AF_INET6 }
  /// Where advertisements go without peers: 224.0.0.18 or ff02::12 (CARP section 1).
  var advertisementGroup: Address {
    let isIPv4 = self == .ipv4
    return Address(family: self, high: isIPv4 ? 0 : 0xff02 << 48, low: isIPv4 ? 0xe000_0012 : 0x12)
  }
}

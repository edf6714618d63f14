import Channel

extension Family {
  /// AF_INET or AF_INET6.
  var domain: Int32 { self == .ipv4 ? AF_INET : AF_INET6 }
  /// Where advertisements go without peers: 224.0.0.18 or ff02::12 (CARP section 1).
  var advertisementGroup: Address { Address(self, self == .ipv4 ? 0xe000_0012 : 0xff02 << 112 | 0x12) }
}

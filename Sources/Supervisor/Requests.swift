import Channel

/// The netlink requests carpd makes, each one by its meaning.
extension NetlinkMessage {
  private typealias Attribute = NetlinkAttribute
  /// carpd's mark on the addresses and routes it made (IFA_PROTO, rtm_protocol): the number of the protocol.
  static let mark: UInt8 = 112
  /// IFA_PROTO (linux/if_addr.h of 5.18 on).
  static let addressProtocol = 11

  // MARK: - Addresses and routes

  /// Puts a shared address on an interface for `lease` seconds; with `renewing`, extends it.
  ///
  /// No DAD: the election decides who owns it. No prefix route, and for IPv6 no preferred lifetime: the host's own
  /// traffic must never take the shared address as source, nor another way out.
  static func addAddress(_ shared: HostAddress, on interface: Int32, lease: UInt32, renewing: Bool) -> Self {
    let preferred = shared.address.family == .ipv4 ? lease : 0
    let times = ifa_cacheinfo(ifa_prefered: preferred, ifa_valid: lease, cstamp: 0, tstamp: 0)
    let silence = Attribute(IFA_FLAGS, UInt32(IFA_F_NODAD | IFA_F_NOPREFIXROUTE))
    let more = [silence, Attribute(addressProtocol, mark), Attribute(IFA_CACHEINFO, times)]
    let flags = NLM_F_CREATE | (renewing ? NLM_F_REPLACE : NLM_F_EXCL)
    return address(RTM_NEWADDR, flags: flags, shared.address, shared.hostPrefix, interface, more)
  }

  /// Removes exactly this address.
  static func deleteAddress(_ gone: Address, _ prefix: UInt8, from interface: Int32) -> Self {
    address(RTM_DELADDR, gone, prefix, interface)
  }

  private static func address(
    _ type: Int, flags: Int32 = 0, _ address: Address, _ prefix: UInt8, _ interface: Int32, _ more: [Attribute] = []
  ) -> Self {
    let header = ifaddrmsg(
      ifa_family: UInt8(address.family.domain), ifa_prefixlen: prefix, ifa_flags: 0, ifa_scope: 0,
      ifa_index: UInt32(bitPattern: interface))
    let names = [Attribute(IFA_LOCAL, address.bytes), Attribute(IFA_ADDRESS, address.bytes)]
    return Self(type, flags: flags, header: header, names + more)
  }

  /// The route to the shared address's network, for a base interface that has none of its own.
  static func route(_ shared: HostAddress, on interface: Int32, add: Bool) -> Self {
    let scope = shared.address.family == .ipv4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE
    let header = rtmsg(
      rtm_family: UInt8(shared.address.family.domain), rtm_dst_len: shared.prefix, rtm_src_len: 0, rtm_tos: 0,
      rtm_table: UInt8(RT_TABLE_MAIN.rawValue), rtm_protocol: mark, rtm_scope: UInt8(scope.rawValue),
      rtm_type: UInt8(RTN_UNICAST), rtm_flags: 0)
    return Self(
      add ? RTM_NEWROUTE : RTM_DELROUTE, flags: add ? NLM_F_CREATE | NLM_F_EXCL : 0, header: header,
      [Attribute(RTA_DST.rawValue, shared.network.bytes), Attribute(RTA_OIF.rawValue, interface)])
  }

  // MARK: - Links

  /// A macvlan in bridge mode over `base`, created down. Private mode would swallow the other node's advertisements,
  /// which bear its own MAC address.
  static func createMacvlan(_ name: String, over base: Int32, mac: [UInt8]) -> Self {
    let mode = Attribute(IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE.rawValue)
    let kind = [Attribute(IFLA_INFO_KIND, text: "macvlan"), Attribute(IFLA_INFO_DATA, nested: [mode])]
    let names = [Attribute(IFLA_IFNAME, text: name), Attribute(IFLA_LINK, base), Attribute(IFLA_ADDRESS, mac)]
    return link(RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, 0, names + [Attribute(IFLA_LINKINFO, nested: kind)])
  }

  /// No link-local address, and loose reverse-path filtering: replies leave by the base interface. The kernel keeps
  /// `memo` (ifalias) for a start after a crash.
  static func quietMacvlan(_ index: Int32, memo: String) -> Self {
    let mode = Attribute(IFLA_INET6_ADDR_GEN_MODE, UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue))
    let families = [settings([.reversePathFilter: 2]), Attribute(AF_INET6, nested: [mode])]
    return link(
      RTM_SETLINK, index, [Attribute(IFLA_IFALIAS, Array(memo.utf8)), Attribute(IFLA_AF_SPEC, nested: families)])
  }

  static func set(_ arp: ARPSettings, on index: Int32) -> Self {
    let inet = settings([.arpAnnounce: arp.announce, .arpIgnore: arp.ignore])
    return link(RTM_SETLINK, index, [Attribute(IFLA_AF_SPEC, nested: [inet])])
  }

  private static func settings(_ values: KeyValuePairs<InterfaceSetting, UInt32>) -> Attribute {
    let configuration = values.map { Attribute($0.key.rawValue, $0.value) }
    return Attribute(AF_INET, nested: [Attribute(IFLA_INET_CONF, nested: configuration)])
  }

  static func setUp(_ up: Bool, _ index: Int32) -> Self { link(RTM_SETLINK, index, up: up) }
  static func deleteLink(_ index: Int32) -> Self { link(RTM_DELLINK, index) }
  static func findLink(_ name: String) -> Self { link(RTM_GETLINK, 0, [Attribute(IFLA_IFNAME, text: name)]) }
  static var allLinks: Self { link(RTM_GETLINK, flags: NLM_F_DUMP, 0) }
  static var allAddresses: Self { Self(RTM_GETADDR, flags: NLM_F_DUMP, header: ifaddrmsg()) }

  private static func link(
    _ type: Int, flags: Int32 = 0, _ index: Int32, up: Bool? = nil, _ attributes: [Attribute] = []
  ) -> Self {
    let header = ifinfomsg(
      ifi_family: UInt8(AF_UNSPEC), __ifi_pad: 0, ifi_type: 0, ifi_index: index,
      ifi_flags: up == true ? UInt32(IFF_UP) : 0, ifi_change: up == nil ? 0 : UInt32(IFF_UP))
    return Self(type, flags: flags, header: header, attributes)
  }
}

/// IPv4 settings of an interface, by their numbers in linux/ip.h (IPV4_DEVCONF_*).
enum InterfaceSetting: Int {
  case reversePathFilter = 8
  case arpAnnounce = 18
  case arpIgnore = 19
}

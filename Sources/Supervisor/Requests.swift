import CLinux
import Channel
import Glibc
import Linux

/// The netlink requests carpd makes, each one by its meaning.
enum Request {
  /// carpd's mark on the addresses and routes it made (IFA_PROTO, rtm_protocol): the number of the protocol.
  static let mark: UInt8 = 112
  /// IFA_PROTO (linux/if_addr.h of 5.18 on).
  static let addressProtocol = 11

  private static func number(_ family: Family) -> UInt8 {
    UInt8(truncatingIfNeeded: family == .ipv4 ? AF_INET : AF_INET6)
  }

  /// Puts a shared address on an interface for `lease` seconds; with `renewing`, extends it.
  ///
  /// No DAD: the election decides who owns it. No prefix route, and for IPv6 no preferred lifetime: the host's own
  /// traffic must never take the shared address as source, nor another way out.
  static func addAddress(_ shared: SharedAddress, on interface: Int32, lease: UInt32, renewing: Bool) -> NetlinkMessage
  {
    let address = shared.address
    let header = ifaddrmsg(
      ifa_family: number(address.family), ifa_prefixlen: shared.hostPrefix, ifa_flags: 0,
      ifa_scope: UInt8(RT_SCOPE_UNIVERSE.rawValue), ifa_index: UInt32(bitPattern: interface))
    var message = NetlinkMessage(
      RTM_NEWADDR, flags: NLM_F_CREATE | (renewing ? NLM_F_REPLACE : NLM_F_EXCL), header: header)
    message.attribute(IFA_LOCAL, address.bytes)
    message.attribute(IFA_ADDRESS, address.bytes)
    message.attribute(IFA_FLAGS, UInt32(IFA_F_NODAD | IFA_F_NOPREFIXROUTE))
    message.attribute(addressProtocol, mark)
    let preferred = address.family == .ipv4 ? lease : 0
    message.attribute(IFA_CACHEINFO, ifa_cacheinfo(ifa_prefered: preferred, ifa_valid: lease, cstamp: 0, tstamp: 0))
    return message
  }

  /// Removes exactly this address.
  static func deleteAddress(_ shared: SharedAddress, from interface: Int32, prefix: UInt8? = nil) -> NetlinkMessage {
    let header = ifaddrmsg(
      ifa_family: number(shared.address.family), ifa_prefixlen: prefix ?? shared.hostPrefix, ifa_flags: 0, ifa_scope: 0,
      ifa_index: UInt32(bitPattern: interface))
    var message = NetlinkMessage(RTM_DELADDR, header: header)
    message.attribute(IFA_LOCAL, shared.address.bytes)
    message.attribute(IFA_ADDRESS, shared.address.bytes)
    return message
  }

  /// The route to the shared address's network, for a base interface that has none of its own.
  static func route(_ shared: SharedAddress, on interface: Int32, add: Bool) -> NetlinkMessage {
    let header = rtmsg(
      rtm_family: number(shared.address.family), rtm_dst_len: shared.prefix, rtm_src_len: 0, rtm_tos: 0,
      rtm_table: UInt8(RT_TABLE_MAIN.rawValue), rtm_protocol: mark,
      rtm_scope: UInt8(shared.address.family == .ipv4 ? RT_SCOPE_LINK.rawValue : RT_SCOPE_UNIVERSE.rawValue),
      rtm_type: UInt8(RTN_UNICAST), rtm_flags: 0)
    var message = NetlinkMessage(
      add ? RTM_NEWROUTE : RTM_DELROUTE, flags: add ? NLM_F_CREATE | NLM_F_EXCL : 0, header: header)
    var network = shared.address.bytes
    for index in network.indices {
      let bits = max(0, min(8, Int(shared.prefix) - index * 8))
      network[index] &= UInt8(truncatingIfNeeded: 0xff00 >> bits)
    }
    message.attribute(Int(RTA_DST.rawValue), network)
    message.attribute(Int(RTA_OIF.rawValue), UInt32(bitPattern: interface))
    return message
  }

  private static func linkHeader(_ index: Int32, flags: UInt32 = 0, change: UInt32 = 0) -> ifinfomsg {
    ifinfomsg(
      ifi_family: UInt8(AF_UNSPEC), __ifi_pad: 0, ifi_type: 0, ifi_index: index, ifi_flags: flags, ifi_change: change)
  }

  /// A macvlan in bridge mode over `base`, created down. Private mode would swallow the other node's advertisements,
  /// which bear its own MAC address.
  static func createMacvlan(_ name: String, over base: Int32, mac: [UInt8]) -> NetlinkMessage {
    var message = NetlinkMessage(RTM_NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, header: linkHeader(0))
    message.attribute(Int(IFLA_IFNAME), name)
    message.attribute(Int(IFLA_LINK), UInt32(bitPattern: base))
    message.attribute(Int(IFLA_ADDRESS), mac)
    message.nest(Int(IFLA_LINKINFO)) { information in
      information.attribute(Int(IFLA_INFO_KIND), "macvlan")
      information.nest(Int(IFLA_INFO_DATA)) { $0.attribute(Int(IFLA_MACVLAN_MODE), MACVLAN_MODE_BRIDGE.rawValue) }
    }
    return message
  }

  /// No link-local address, and loose reverse-path filtering: replies leave by the base interface. The kernel keeps
  /// `memo` (ifalias) for a start after a crash.
  static func quietMacvlan(_ index: Int32, memo: String) -> NetlinkMessage {
    var message = NetlinkMessage(RTM_SETLINK, header: linkHeader(index))
    message.attribute(Int(IFLA_IFALIAS), Array(memo.utf8))
    message.nest(Int(IFLA_AF_SPEC)) { families in
      families.nest(Int(AF_INET)) { inet in
        inet.nest(Int(IFLA_INET_CONF)) { $0.attribute(InterfaceSetting.reversePathFilter.rawValue, UInt32(2)) }
      }
      families.nest(Int(AF_INET6)) {
        $0.attribute(Int(IFLA_INET6_ADDR_GEN_MODE), UInt8(IN6_ADDR_GEN_MODE_NONE.rawValue))
      }
    }
    return message
  }

  /// Sets IPv4 settings of an interface.
  static func set(_ settings: [InterfaceSetting: UInt32], on index: Int32) -> NetlinkMessage {
    var message = NetlinkMessage(RTM_SETLINK, header: linkHeader(index))
    message.nest(Int(IFLA_AF_SPEC)) { families in
      families.nest(Int(AF_INET)) { inet in
        inet.nest(Int(IFLA_INET_CONF)) { conf in
          for setting in InterfaceSetting.allCases {
            if let value = settings[setting] { conf.attribute(setting.rawValue, value) }
          }
        }
      }
    }
    return message
  }

  static func setUp(_ up: Bool, _ index: Int32) -> NetlinkMessage {
    NetlinkMessage(RTM_SETLINK, header: linkHeader(index, flags: up ? UInt32(IFF_UP) : 0, change: UInt32(IFF_UP)))
  }

  static func deleteLink(_ index: Int32) -> NetlinkMessage { NetlinkMessage(RTM_DELLINK, header: linkHeader(index)) }

  static var anyLink: ifinfomsg { linkHeader(0) }
  static var anyAddress: ifaddrmsg { ifaddrmsg() }
  static var anyRoute: rtmsg { rtmsg() }
}

/// IPv4 settings of an interface, by their numbers in linux/ip.h (IPV4_DEVCONF_*).
enum InterfaceSetting: Int, CaseIterable {
  case reversePathFilter = 8
  case arpAnnounce = 18
  case arpIgnore = 19
}

import CARP
import Channel
import Control

/// One interface of the policy, as far as the engine knows it.
final class Interface {
  let name: String
  /// The number it goes by on the channel.
  var index: UInt16
  /// Nil until it was told.
  var condition: LinkCondition?
  /// What advertisements leave with; no entry where the interface has no address of the family.
  var sources: [CARP.Family: CARP.Address] = [:]
  var counters = CounterValues()
  /// By vhid.
  var groups: [UInt8: Group] = [:]
  /// When an own echo was last noted, CLOCK_MONOTONIC in nanoseconds.
  var lastLoopNote: UInt64?

  init(name: String, index: UInt16) {
    self.name = name
    self.index = index
  }

  /// How the advertisements of `vhid` travel, nil without an address of the family (CARP section 4.1).
  func transport(vhid: UInt8, family: CARP.Family) -> Transport? {
    guard let host = groups[vhid]?.host, host.families.contains(family) else { return nil }
    return host.peers.isEmpty ? .multicast : .unicast
  }
}

extension CounterValues {
  /// One packet came by `family`.
  mutating func received(_ family: CARP.Family) {
    switch family {
    case .ipv4: ipackets &+= 1
    case .ipv6: ipackets6 &+= 1
    }
  }

  /// One advertisement went out by `family`.
  mutating func sent(_ family: CARP.Family) {
    switch family {
    case .ipv4: opackets &+= 1
    case .ipv6: opackets6 &+= 1
    }
  }

  /// One packet was dropped.
  mutating func rejected(_ rejection: Rejection) {
    switch rejection {
    case .badttl: badttl &+= 1
    case .hdrops: hdrops &+= 1
    case .badsum: badsum &+= 1
    case .badver: badver &+= 1
    case .badlen: badlen &+= 1
    case .badauth: badauth &+= 1
    case .badvhid: badvhid &+= 1
    case .badif: badif &+= 1
    }
  }
}

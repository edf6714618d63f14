import CARP
import Channel

// The channel carries addresses, families and digests as plain numbers, since the privileged side has no other use for
// them; the engine thinks in CARP's own values.

extension CARP.Family {
  init(_ family: Channel.Family) {
    self = family == .ipv4 ? .ipv4 : .ipv6
  }
}

extension Channel.Family {
  init(_ family: CARP.Family) {
    self = family == .ipv4 ? .ipv4 : .ipv6
  }
}

extension CARP.Address {
  init(_ address: Channel.Address) {
    switch address.family {
    case .ipv4: self = .ipv4(UInt32(truncatingIfNeeded: address.low))
    case .ipv6: self = .ipv6(high: address.high, low: address.low)
    }
  }
}

extension Channel.Address {
  init(_ address: CARP.Address) {
    switch address {
    case .ipv4(let bits): self.init(family: .ipv4, high: 0, low: UInt64(bits))
    case .ipv6(let high, let low): self.init(family: .ipv6, high: high, low: low)
    }
  }
}

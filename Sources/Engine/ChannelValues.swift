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
    case .ipv4: self = .ipv4(UInt32(truncatingIfNeeded: address.value))
    case .ipv6:
      self = .ipv6(
        high: UInt64(truncatingIfNeeded: address.value >> 64), low: UInt64(truncatingIfNeeded: address.value))
    }
  }
}

extension Channel.Address {
  init(_ address: CARP.Address) {
    switch address {
    case .ipv4(let bits): self.init(.ipv4, UInt128(bits))
    case .ipv6(let high, let low): self.init(.ipv6, UInt128(high) << 64 | UInt128(low))
    }
  }
}

extension Advertise {
  /// The digest as its twenty bytes.
  var digest: [UInt8] {
    get { rawBytes(digestStart.bigEndian) + rawBytes(digestEnd.bigEndian) }
    set {
      digestStart = newValue.prefix(16).reduce(0) { $0 << 8 | UInt128($1) }
      digestEnd = newValue.dropFirst(16).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
  }
}

/// Whether addresses whose scope is the link or the interface belong to the digest (CARP section 3).
public enum LinkLocal: Hashable, Sendable {
  /// FreeBSD, and OpenBSD's ORIG.
  case include
  /// OpenBSD's NOV6LL: what OpenBSD sends.
  case exclude
}

/// The message whose HMAC-SHA1 is an advertisement's digest (CARP section 3).
///
/// The same for both families of a vhid; only the counter at its end differs from packet to packet.
public struct DigestInput: Equatable, Sendable {
  /// The message without the counter: the part that can be hashed once for all packets of a vhid.
  public let prefix: [UInt8]

  /// - Parameters:
  ///   - vhid: the group, 1...255.
  ///   - addresses: all shared addresses of the vhid, both families, in any order.
  ///   - linkLocal: whether link-local addresses are part of it.
  ///   - lladdr: OpenBSD's configured link-layer address, normally nil.
  public init(vhid: UInt8, addresses: [Address], linkLocal: LinkLocal = .include, lladdr: [UInt8]? = nil) {
    let hashed = Set(addresses.filter { linkLocal == .include || !$0.hasEmbeddedScope }.map(\.withoutScope))
      .filter { !$0.isNeverHashed }
      .sorted()
    prefix = [2, 1] + (lladdr ?? []) + [vhid] + hashed.flatMap(\.bytes)
  }

  /// The whole message for one packet.
  public func message(counter: UInt64) -> [UInt8] {
    prefix + bigEndianBytes(counter)
  }
}

extension Address {
  /// Whether BSD kernels keep an interface index in bytes 2 and 3: fe80::/10, ff?1::/16 and ff?2::/16.
  fileprivate var hasEmbeddedScope: Bool {
    guard case .ipv6(let high, _) = self else { return false }
    let isLinkLocal = high >> 54 == 0xfe80 >> 6
    let isScopedMulticast = high >> 56 == 0xff && [1, 2].contains(high >> 48 & 0xf)
    return isLinkLocal || isScopedMulticast
  }

  /// The address with the bytes of the embedded scope zero.
  fileprivate var withoutScope: Address {
    guard hasEmbeddedScope, case .ipv6(let high, let low) = self else { return self }
    return .ipv6(high: high & 0xffff_0000_ffff_ffff, low: low)
  }

  /// The kernels' selection loops start above the lowest and end below the highest address of each family.
  fileprivate var isNeverHashed: Bool {
    switch self {
    case .ipv4(let value): value == 0 || value == .max
    case .ipv6(let high, let low): (high, low) == (0, 0) || (high, low) == (.max, .max)
    }
  }
}

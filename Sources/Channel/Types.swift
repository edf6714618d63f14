/// IPv4 or IPv6, as the number on the wire and in the kernel.
public enum Family: UInt8, Sendable, CaseIterable {
  case ipv4 = 4
  case ipv6 = 6
}

/// An address as plain numbers: the privileged side compares and copies addresses, it never reads text.
public struct Address: Hashable, Sendable, CustomStringConvertible {
  public var family: Family
  /// The first eight bytes of an IPv6 address, 0 for IPv4.
  public var high: UInt64
  /// The last eight bytes of an IPv6 address, or the four of an IPv4 one.
  public var low: UInt64

  public init(family: Family, high: UInt64, low: UInt64) {
    self.family = family
    self.high = high
    self.low = low
  }

  /// The unspecified address: 0.0.0.0 or ::.
  public init(unspecified family: Family) { self.init(family: family, high: 0, low: 0) }

  /// 4 or 16 bytes in network order; nil for any other count.
  public init?(bytes: some Collection<UInt8>) {
    let number = { (part: any Sequence<UInt8>) in part.reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) } }
    switch bytes.count {
    case 4: self.init(family: .ipv4, high: 0, low: number(Array(bytes)))
    case 16: self.init(family: .ipv6, high: number(Array(bytes.prefix(8))), low: number(Array(bytes.suffix(8))))
    default: return nil
    }
  }

  /// 4 or 16 bytes in network order.
  public var bytes: [UInt8] {
    let tail = { (number: UInt64, count: Int) in
      (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> UInt64($0 * 8)) }
    }
    return family == .ipv4 ? tail(low, 4) : tail(high, 8) + tail(low, 8)
  }

  public var isUnspecified: Bool { high == 0 && low == 0 }
  /// 224.0.0.0/4 or ff00::/8.
  public var isMulticast: Bool { family == .ipv4 ? low >> 28 == 0xe : high >> 56 == 0xff }
  /// fe80::/10.
  public var isLinkLocal: Bool { family == .ipv6 && high >> 54 == 0x3fa }

  /// The network of `prefix` bits it lies in.
  public func network(_ prefix: UInt8) -> Address {
    let hostBits = max(0, (family == .ipv4 ? 32 : 128) - Int(prefix))
    return Address(
      family: family, high: high & (UInt64.max << max(0, hostBits - 64)), low: low & (UInt64.max << hostBits))
  }

  /// Dotted quad, or RFC 5952.
  public var description: String {
    if family == .ipv4 { return bytes.map { String($0) }.joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    var longest = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8 && groups[end] == 0 { end += 1 }
      if end - start > max(longest.count, 1) { longest = start..<end }
      start = max(end, start + 1)
    }
    let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
    if longest.isEmpty { return text(groups[...]) }
    return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
  }
}

extension Fields {
  mutating func address(_ value: inout Address) {
    choice(&value.family)
    integer(&value.high)
    integer(&value.low)
  }
}

/// Twenty bytes of HMAC-SHA1: to the supervisor a number it puts into a packet, nothing it could compute.
public struct Digest: Equatable, Sendable {
  public var a: UInt64 = 0
  public var b: UInt64 = 0
  public var c: UInt32 = 0
  public init() {}
  /// Takes the first 20 of `bytes`; nil if there are fewer.
  public init?(bytes: [UInt8]) {
    guard bytes.count >= 20 else { return nil }
    var fields = Fields(decoding: Array(bytes.prefix(20)))
    fields.digest(&self)
  }
  public var bytes: [UInt8] {
    var fields = Fields()
    var copy = self
    fields.digest(&copy)
    return fields.bytes
  }
}

extension Fields {
  mutating func digest(_ value: inout Digest) {
    integer(&value.a)
    integer(&value.b)
    integer(&value.c)
  }
}

/// The roles of `carpd-engine`, as the launcher knows them.
public enum Role: UInt8, Sendable, CaseIterable {
  case engine = 1
  case auditor = 2
  case config = 3
  public var name: String {
    switch self {
    case .engine: "engine"
    case .auditor: "auditor"
    case .config: "config"
    }
  }
}

/// Which MAC address a virtual host's addresses answer with.
public enum MACMode: UInt8, Sendable {
  /// 00:00:5e:00:01:VHID on a macvlan of carpd's own (CARP section 1).
  case virtual = 0
  /// The interface's own.
  case interface = 1
}

/// Where the key of a virtual host comes from.
public enum SecretKind: UInt8, Sendable {
  case none = 0
  /// The bytes are the key itself.
  case key = 1
  /// The bytes name a file in the directory of password files.
  case file = 2
  /// The bytes name a systemd credential.
  case credential = 3
}

/// What an interface of the policy is at the moment.
public enum LinkCondition: UInt8, Sendable {
  case absent = 0
  case down = 1
  case noCarrier = 2
  case up = 3
  /// It is up but cannot serve (not Ethernet, or the sockets could not be opened).
  case unusable = 4
}

/// The election socket carries what the kernel's filter found worth an election; diagnosis the rest of protocol 112.
public enum SocketKind: UInt8, Sendable, CaseIterable {
  case election = 0
  case diagnosis = 1
}

/// CARP's states, by the numbers FreeBSD's netlink interface uses (CARP section 10.3).
public enum HostState: UInt8, Sendable {
  case initial = 0
  case backup = 1
  case master = 2
  public var name: String {
    switch self {
    case .initial: "INIT"
    case .backup: "BACKUP"
    case .master: "MASTER"
    }
  }
}

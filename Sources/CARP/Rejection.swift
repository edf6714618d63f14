/// Why a received packet was dropped: the counters of FreeBSD's `netstat -s -p carp` (CARP sections 4.1 and 4.3).
public enum Rejection: UInt8, Error, CaseIterable, Hashable, Sendable {
  case badttl
  case hdrops
  case badsum
  case badver
  case badlen
  case badauth
  case badvhid
  case badif

  /// What `netstat` prints after the number, in its singular form; `badif` is counted by FreeBSD but not printed.
  public var label: String {
    switch self {
    case .badttl: "packet discarded for wrong TTL"
    case .hdrops: "packet shorter than header"
    case .badsum: "discarded for bad checksum"
    case .badver: "discarded packet with a bad version"
    case .badlen: "discarded because packet too short"
    case .badauth: "discarded for bad authentication"
    case .badvhid: "discarded for bad vhid"
    case .badif: "packet received on non-carp interface"
    }
  }

  /// The label as `netstat` prints it after `count`: plural for everything but one.
  public func label(count: UInt64) -> String {
    guard count != 1 else { return label }
    switch self {
    case .badttl: return "packets discarded for wrong TTL"
    case .hdrops: return "packets shorter than header"
    case .badsum: return "discarded for bad checksums"
    case .badver: return "discarded packets with a bad version"
    case .badif: return "packets received on non-carp interface"
    case .badlen, .badauth, .badvhid: return label
    }
  }

  /// One sentence for the log: what an administrator should look at.
  public var whatToCheck: String {
    switch self {
    case .badttl:
      "A router forwarded the packet or its sender is not on this link: check for multicast routing and for a "
        + "sender that does not set TTL 255."
    case .hdrops:
      "The packet was cut before the end of its header: check the interface for receive errors."
    case .badsum:
      "The packet was damaged, or is VRRP version 2 with an id like one of ours: check cables, offloads and VRRP "
        + "routers on this link."
    case .badver:
      "The packet is VRRP or another protocol version with an id like one of ours: give one of the two another id."
    case .badlen:
      "The packet is too short for CARP, most likely VRRP: check for VRRP routers on this link."
    case .badauth:
      "The password or the list of shared addresses of this vhid differs between the nodes: compare both, on all "
        + "nodes."
    case .badvhid:
      "A vhid (or VRRP id) is in use on this link that is not configured here for this family: check that the "
        + "vhids of all nodes and their addresses are the same."
    case .badif:
      "The packet came in on an interface without a vhid: check the interface names in the configuration."
    }
  }
}

import Channel

/// A shared address: as configured, and as it goes onto an interface.
struct SharedAddress: Equatable, Sendable {
  let address: Address
  /// Prefix length as configured: it names the network the address belongs to.
  let prefix: UInt8
  /// The address is programmed alone (/32, /128): as /24 an IPv4 address could become the interface's primary one, and
  /// the network route would change the host's own egress.
  var hostPrefix: UInt8 { address.family == .ipv4 ? 32 : 128 }
  /// The first address of the network it belongs to.
  var network: Address { address.network(prefix) }
}

/// What a virtual host may do: the object that requests name by its index.
struct PolicyGroup: Equatable, Sendable {
  /// The name of its interface.
  let interface: String
  let vhid: UInt8
  let advbase: UInt8
  let advskew: UInt8
  let preempt: Bool
  let mac: MACMode
  let addresses: [SharedAddress]
  let peers: [Address]
  /// The key of the digest: handed to the engine, of no use here.
  var key: [UInt8]
  /// Name of the [[group]] whose fate it shares, for the engine.
  let fate: String

  var families: [Family] { Family.allCases.filter { family in addresses.contains { $0.address.family == family } } }
  func addresses(_ family: Family) -> Int { addresses.reduce(0) { $0 + ($1.address.family == family ? 1 : 0) } }
  /// Unicast for a family with peers of it, multicast else (CARP section 10.2).
  func peers(_ family: Family) -> [Address] { peers.filter { $0.family == family } }
  /// True if a reload may make `next` of it without an end and a new beginning.
  func continues(as next: PolicyGroup) -> Bool {
    vhid == next.vhid && mac == next.mac && interface == next.interface
  }
  /// What decides whether the receiving sockets of its interface pass its packets.
  var reception: [UInt8] {
    [vhid, mac.rawValue] + Family.allCases.map { !families.contains($0) ? 0 : peers($0).isEmpty ? 1 : 2 }
  }
  /// 00:00:5e:00:01:VHID (CARP section 1).
  var virtualMAC: [UInt8] { [0, 0, 0x5e, 0, 1, vhid] }

  /// Addresses and peers as messages to the engine.
  func addressMessages(_ number: Int) -> [Message] {
    let entry = { (index: Int, address: Address, prefix: UInt8) in
      var entry = HostAddress()
      (entry.group, entry.index, entry.address, entry.prefix) = (UInt16(number), UInt16(index), address, prefix)
      return entry
    }
    return addresses.enumerated().map { .address(entry($0, $1.address, $1.prefix)) }
      + peers.enumerated().map { .peer(entry($0, $1, 0)) }
  }

  /// Between two advertisements, nanoseconds (CARP section 5.2).
  var interval: UInt64 { PolicyGroup.interval(advbase, advskew) }
  static func interval(_ advbase: UInt8, _ advskew: UInt8) -> UInt64 {
    UInt64(advbase) * 1_000_000_000 + UInt64(advskew) * 1_000_000_000 / 256
  }
  /// 3 * advbase + advskew/256 s, nanoseconds.
  var masterDown: UInt64 { UInt64(advbase) * 3_000_000_000 + UInt64(advskew) * 1_000_000_000 / 256 }

  /// Addresses of a family whose leases are extended with one advertisement: renewing an IPv6 address costs time in
  /// proportion to their number (measured: 264 ms for 1000), so many take several advertisements.
  static func renewalsPerAdvertisement(_ family: Family) -> Int { family == .ipv4 ? 512 : 64 }
  /// Seconds an address lives without renewal, with an advertisement `every` so many nanoseconds: the smallest whole
  /// number that exceeds the time between two renewals by half a second.
  func lease(_ family: Family, every interval: UInt64) -> UInt32 {
    let slice = PolicyGroup.renewalsPerAdvertisement(family)
    let rounds = UInt64(max(1, (addresses(family) + slice - 1) / slice))
    return UInt32(truncatingIfNeeded: (interval * rounds + 500_000_000) / 1_000_000_000 + 1)
  }
}

/// All that may be done, fixed before the engine can see a byte from the network, and never changed: a reload makes a
/// new one from the file.
struct Policy: Sendable {
  let generation: UInt32
  var settings: Settings
  var groups: [PolicyGroup]
  /// Interfaces whose loss demotes, for the engine.
  let tracks: [(name: String, demotion: UInt8)]
  var auditKey: [UInt8] = []

  /// The interfaces it speaks of, each once.
  var interfaces: [String] {
    (groups.map(\.interface) + tracks.map(\.name)).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// Gathers a Configuration message by message and makes a Policy of it. The config role has checked all of this with
/// better words; it is checked again because this side decides by it.
struct PolicyBuilder {
  struct Refusal: Error { let text: String }
  static let maximumGroups = 512
  static let maximumAddresses = 8192
  private var settings = Settings()
  private var hosts: [VirtualHost] = []
  private var addresses: [[HostAddress]] = []
  private var peers: [[HostAddress]] = []
  private var tracks: [(name: String, demotion: UInt8)] = []
  private var total = 0

  mutating func add(_ value: Settings) { settings = value }

  mutating func add(_ host: VirtualHost) throws(Refusal) {
    guard Int(host.group) == hosts.count, hosts.count < PolicyBuilder.maximumGroups else {
      throw Refusal(text: "virtual hosts out of order or too many")
    }
    try check(interface: host.interfaceName)
    guard host.vhid >= 1, host.advskew <= 254, host.advbase > 0 || host.advskew > 0 else {
      throw Refusal(text: "vhid, advbase or advskew out of range")
    }
    guard !hosts.contains(where: { $0.interfaceName == host.interfaceName && $0.vhid == host.vhid }) else {
      throw Refusal(text: "vhid \(host.vhid) twice on \(host.interfaceName)")
    }
    hosts.append(host)
    addresses.append([])
    peers.append([])
  }

  private func check(interface name: String) throws(Refusal) {
    guard (1...15).contains(name.utf8.count), !name.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "/") }),
      name != ".", name != ".."
    else { throw Refusal(text: "not an interface name") }
  }

  mutating func add(track name: String, _ demotion: UInt8) throws(Refusal) {
    try check(interface: name)
    guard tracks.count < 64 else { throw Refusal(text: "too many tracks") }
    tracks.append((name, demotion))
  }

  mutating func add(_ entry: HostAddress, isPeer: Bool) throws(Refusal) {
    let group = Int(entry.group)
    total += 1
    guard hosts.indices.contains(group), total <= PolicyBuilder.maximumAddresses * 2,
      !entry.address.isUnspecified, !entry.address.isMulticast,
      entry.prefix <= (entry.address.family == .ipv4 ? 32 : 128),
      entry.address.family == .ipv6 || entry.address.high == 0 && entry.address.low <= UInt64(UInt32.max)
    else { throw Refusal(text: "not a usable address") }
    if isPeer { peers[group].append(entry) } else { addresses[group].append(entry) }
  }

  func policy(generation: UInt32) throws(Refusal) -> Policy {
    var groups: [PolicyGroup] = []
    var seen: Set<Address> = []
    for (index, host) in hosts.enumerated() {
      let shared = addresses[index].map { SharedAddress(address: $0.address, prefix: $0.prefix) }
      guard !shared.isEmpty, shared.count == Int(host.addresses), peers[index].count == Int(host.peers) else {
        throw Refusal(text: "address or peer list incomplete")
      }
      for entry in shared where !seen.insert(entry.address).inserted {
        throw Refusal(text: "\(entry.address) twice")
      }
      groups.append(
        PolicyGroup(
          interface: host.interfaceName, vhid: host.vhid, advbase: host.advbase,
          advskew: host.advskew, preempt: host.preempt, mac: host.mac, addresses: shared,
          peers: peers[index].map(\.address), key: host.secret, fate: host.fate))
    }
    if groups.isEmpty { throw Refusal(text: "no virtual host") }
    return Policy(generation: generation, settings: settings, groups: groups, tracks: tracks)
  }

  /// Where each virtual host's key comes from.
  var secrets: [(kind: SecretKind, value: [UInt8])] { hosts.map { ($0.secretKind, $0.secret) } }
}

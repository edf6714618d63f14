import Channel

extension HostAddress {
  /// The address is programmed alone (/32, /128): as /24 an IPv4 address could become the interface's primary one, and
  /// the network route would change the host's own egress.
  var hostPrefix: UInt8 { address.family == .ipv4 ? 32 : 128 }
  /// The first address of the network it belongs to.
  var network: Address { address.network(prefix) }
}

/// What a virtual host may do: the object that requests name by its index.
@dynamicMemberLookup
struct PolicyGroup: Sendable {
  /// As configured. The key of the digest is handed to the engine and of no use here.
  var host: VirtualHost
  fileprivate(set) var addresses: [HostAddress] = []
  fileprivate(set) var peers: [HostAddress] = []

  subscript<T>(dynamicMember member: KeyPath<VirtualHost, T>) -> T { host[keyPath: member] }
  var families: [Family] { Family.allCases.filter { family in addresses.contains { $0.address.family == family } } }
  /// Unicast for a family with peers of it, multicast else (CARP section 10.2).
  func peers(_ family: Family) -> [Address] { peers.map(\.address).filter { $0.family == family } }
  /// True if a reload may make `next` of it without an end and a new beginning.
  func continues(as next: PolicyGroup) -> Bool {
    (self.vhid, self.mac, self.interfaceName) == (next.vhid, next.mac, next.interfaceName)
  }
  /// What decides whether the receiving sockets of its interface pass its packets.
  var reception: [UInt8] {
    [self.vhid, self.mac.rawValue] + Family.allCases.map { !families.contains($0) ? 0 : peers($0).isEmpty ? 1 : 2 }
  }
  /// 00:00:5e:00:01:VHID (CARP section 1).
  var virtualMAC: [UInt8] { [0, 0, 0x5e, 0, 1, self.vhid] }

  /// Between two advertisements, nanoseconds.
  var interval: UInt64 { Lease.interval(self.advbase, self.advskew) }
  /// 3 * advbase + advskew/256 s, nanoseconds.
  var masterDown: UInt64 { interval + 2 * Lease.interval(self.advbase, 0) }
  /// Seconds an address lives without renewal, with an advertisement `every` so many nanoseconds.
  func lease(_ family: Family, every interval: UInt64) -> UInt32 {
    Lease.seconds(family, addresses: addresses.count { $0.address.family == family }, every: interval)
  }

  /// The same for the engine, under these numbers.
  func messages(_ group: UInt16, _ interface: UInt16) -> [Message] {
    [.virtualHost(group: group, interface: interface, host)] + (addresses + peers).map { .address(group: group, $0) }
  }
}

/// All that may be done, fixed before the engine can see a byte from the network, and never changed: a reload makes a
/// new one from the file. It is gathered message by message; the config role has checked all of this with better words,
/// and it is checked again because this side decides by it.
struct Policy: Sendable {
  static let maximumGroups = 512
  static let maximumAddresses = 8192
  let generation: UInt32
  var settings = Settings()
  private(set) var groups: [PolicyGroup] = []
  /// Interfaces whose loss demotes, for the engine.
  private(set) var tracks: [String: UInt8] = [:]
  /// Of the audit log's MAC: for the auditor alone.
  private(set) var auditKey: [UInt8] = []
  /// True once all of it is there.
  private(set) var isComplete = false
  private var total = 0

  init(generation: UInt32) { self.generation = generation }

  /// The interfaces it speaks of, each once.
  var interfaces: [String] {
    (groups.map(\.interfaceName) + tracks.keys.sorted()).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Takes the next message of a configuration.
  mutating func add(_ message: Message) throws(Refusal) {
    try require(!isComplete, "more after its end")
    switch message {
    case .settings(let new): settings = new
    case .virtualHost(let number, _, let host):
      let isNext = Int(number) == groups.count && groups.count < Policy.maximumGroups
      try require(isNext, "virtual hosts out of order or too many")
      try require(isInterface(host.interfaceName), "not an interface name")
      let isInRange = host.vhid >= 1 && host.advskew <= 254 && (host.advbase > 0 || host.advskew > 0)
      try require(isInRange, "vhid, advbase or advskew out of range")
      let isTwice = groups.contains { $0.interfaceName == host.interfaceName && $0.vhid == host.vhid }
      try require(!isTwice, "vhid \(host.vhid) twice on \(host.interfaceName)")
      groups.append(PolicyGroup(host: host))
    case .address(let number, let entry):
      let (group, address) = (Int(number), entry.address)
      total += 1
      let isIn = groups.indices.contains(group) && total <= Policy.maximumAddresses * 2
      let isPlain = address.family == .ipv6 || address.value <= UInt128(UInt32.max)
      let isUsable = isPlain && !address.isUnspecified && !address.isMulticast && entry.prefix <= entry.hostPrefix
      try require(isIn && isUsable, "not a usable address")
      if entry.isPeer { groups[group].peers.append(entry) } else { groups[group].addresses.append(entry) }
    case .track(_, let name, let demotion):
      try require(isInterface(name), "not an interface name")
      try require(tracks.count < 64, "too many tracks")
      tracks[name] = demotion
    case .commit:
      try require(!groups.isEmpty, "no virtual host")
      var seen: Set<Address> = []
      for group in groups {
        let (addresses, peers) = (group.addresses.count, group.peers.count)
        let isWhole = addresses > 0 && addresses == group.host.addresses && peers == group.host.peers
        try require(isWhole, "address or peer list incomplete")
        for entry in group.addresses { try require(seen.insert(entry.address).inserted, "\(entry.address) twice") }
      }
      isComplete = true
    default: throw Refusal(text: "not a configuration message")
    }
  }

  private func require(_ holds: Bool, _ text: @autoclosure () -> String) throws(Refusal) {
    if !holds { throw Refusal(text: text()) }
  }

  private func isInterface(_ name: String) -> Bool {
    let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") }
    return isPlain && (1...15).contains(name.utf8.count) && name != "." && name != ".."
  }

  /// Puts the keys in the place of their names; `key` looks them up.
  mutating func resolve(_ key: (SecretKind, [UInt8]) throws(Refusal) -> [UInt8]) throws(Refusal) {
    for index in groups.indices {
      let secret = try key(groups[index].secretKind, groups[index].secret)
      try require(secret.count <= 20, "the key of vhid \(groups[index].vhid) is longer than 20 bytes")
      (groups[index].host.secretKind, groups[index].host.secret) = (secret.isEmpty ? .none : .key, secret)
    }
    auditKey = try key(settings.auditKeyKind, settings.auditKey)
  }
}

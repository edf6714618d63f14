import CARP
import Channel
import Election

/// A configuration on its way in, message by message, which holds nothing until its commit.
struct PolicyAssembly {
  let settings: Settings
  private(set) var tracked: [Tracked] = []
  private var hosts: [(group: UInt16, interface: UInt16, host: VirtualHost)] = []
  private var addresses: [UInt16: [HostAddress]] = [:]
  private var peers: [UInt16: [HostAddress]] = [:]

  init(_ settings: Settings) {
    self.settings = settings
  }

  mutating func add(_ track: Tracked) { tracked.append(track) }
  mutating func add(_ host: VirtualHost, group: UInt16, interface: UInt16) { hosts.append((group, interface, host)) }
  mutating func add(_ address: HostAddress, to group: UInt16) {
    if address.isPeer {
      peers[group, default: []].append(address)
    } else {
      addresses[group, default: []].append(address)
    }
  }

  /// The virtual hosts by ascending group; nil unless there are `count`, and exactly what they announce has come.
  func configurations(_ count: Int) -> [HostConfiguration]? {
    guard hosts.count == count, Set(hosts.map(\.group)).count == hosts.count else { return nil }
    var result: [HostConfiguration] = []
    for (group, interface, host) in hosts.sorted(by: { $0.group < $1.group }) {
      guard let configuration = configuration(host, group, interface) else { return nil }
      result.append(configuration)
    }
    return result
  }

  private func configuration(_ host: VirtualHost, _ group: UInt16, _ interface: UInt16) -> HostConfiguration? {
    let addresses = addresses[group] ?? []
    let peers = peers[group] ?? []
    // Secrets by name were resolved by the supervisor.
    guard host.vhid > 0, addresses.count == Int(host.addresses), peers.count == Int(host.peers),
      host.secretKind == .none || host.secretKind == .key, host.secret.count <= CARP.Digest.size
    else { return nil }
    var parameters = Parameters(
      vhid: host.vhid, advbase: host.advbase, advskew: host.advskew, preempt: host.preempt,
      ipv4: addresses.contains { $0.address.family == .ipv4 }, ipv6: addresses.contains { $0.address.family == .ipv6 })
    parameters.usesVirtualMAC = host.mac == .virtual
    parameters.sharesFate = !host.fate.isEmpty
    parameters.preemptDelay = settings.preemptDelay
    parameters.damping = settings.damping
    let interval = Lease.interval(host.advbase, host.advskew)
    let leases = Dictionary(grouping: addresses, by: \.address.family)
      .map { Lease.seconds($0, addresses: $1.count, every: interval) }
    return HostConfiguration(
      group: group, interface: interface, interfaceName: host.interfaceName, parameters: parameters,
      mac: host.mac, key: host.secretKind == .key ? host.secret : [],
      addresses: addresses.map { .init(address: CARP.Address($0.address), prefix: $0.prefix) },
      peers: peers.map { CARP.Address($0.address) }, lease: UInt16(clamping: leases.max() ?? 0), fate: host.fate)
  }
}

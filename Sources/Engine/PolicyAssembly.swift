import CARP
import Channel
import Election

/// A configuration on its way in, message by message, which holds nothing until its commit.
struct PolicyAssembly {
  let settings: Settings
  private(set) var tracked: [Tracked] = []
  private var hosts: [VirtualHost] = []
  private var addresses: [UInt16: [HostAddress]] = [:]
  private var peers: [UInt16: [HostAddress]] = [:]

  init(_ settings: Settings) {
    self.settings = settings
  }

  mutating func add(_ track: Tracked) { tracked.append(track) }
  mutating func add(_ host: VirtualHost) { hosts.append(host) }
  mutating func add(_ address: HostAddress) {
    if address.isPeer {
      peers[address.group, default: []].append(address)
    } else {
      addresses[address.group, default: []].append(address)
    }
  }

  /// The virtual hosts by ascending group; nil unless there are `count`, and exactly what they announce has come.
  func configurations(_ count: Int) -> [HostConfiguration]? {
    guard hosts.count == count, Set(hosts.map(\.group)).count == hosts.count else { return nil }
    var result: [HostConfiguration] = []
    for host in hosts.sorted(by: { $0.group < $1.group }) {
      guard let configuration = configuration(host) else { return nil }
      result.append(configuration)
    }
    return result
  }

  private func configuration(_ host: VirtualHost) -> HostConfiguration? {
    let addresses = addresses[host.group] ?? []
    let peers = peers[host.group] ?? []
    // Secrets by name were resolved by the supervisor.
    guard host.vhid > 0, addresses.count == Int(host.addresses), peers.count == Int(host.peers),
      host.secretKind == .none || host.secretKind == .key, host.secret.count <= CARP.Digest.size
    else { return nil }
    var parameters = Parameters(
      vhid: host.vhid, advbase: host.advbase, advskew: host.advskew, preempt: host.preempt,
      ipv4: addresses.contains { $0.address.family == .ipv4 }, ipv6: addresses.contains { $0.address.family == .ipv6 })
    parameters.sharesFate = !host.fate.isEmpty
    parameters.preemptDelay = settings.preemptDelay
    parameters.damping = settings.damping
    return HostConfiguration(
      group: host.group, interface: host.interface, interfaceName: host.interfaceName, parameters: parameters,
      mac: host.mac, key: host.secretKind == .key ? host.secret : [],
      addresses: addresses.map { .init(address: CARP.Address($0.address), prefix: $0.prefix) },
      peers: peers.map { CARP.Address($0.address) }, lease: host.lease, fate: host.fate)
  }
}

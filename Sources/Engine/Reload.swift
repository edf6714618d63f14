import CARP
import Channel
import Election
import Linux

// A configuration takes effect whole, with its commit; the first one starts the engine.
extension Engine {
  /// Whether the configuration was complete.
  func commit(groups count: Int, generation number: UInt32) -> Bool {
    guard let new = assembly, let hosts = new.configurations(count) else { return false }
    assembly = nil
    demotionFactors = [.interfaceDown: Int(new.settings.linkDemotion), .sendErrors: Int(new.settings.sendDemotion)]
    startHoldEnd = EventLoop.now() + UInt64(new.settings.startHold) * 1_000_000
    let isFirst = generation == 0
    generation = number
    // Both name interfaces and groups by numbers that no longer hold.
    notes = FoldedNotes()
    let old = groups
    replaceInterfaces(hosts, new.tracked)
    replaceGroups(hosts, old: old, transition: UInt64(new.settings.transition) * 1_000_000)
    if isFirst { tick() } else { recordReload() }
    return true
  }

  /// Interfaces are the same if they have the same name: counters, condition and sources stay.
  private func replaceInterfaces(_ hosts: [HostConfiguration], _ new: [Tracked]) {
    let known = Dictionary(interfaces.values.map { ($0.name, $0) }) { first, _ in first }
    for interface in interfaces.values { interface.groups = [:] }
    interfaces = [:]
    for (index, name) in hosts.map({ ($0.interface, $0.interfaceName) }) + new.map({ ($0.interface, $0.name) })
    where interfaces[index] == nil {
      let interface = known[name] ?? Interface(name: name, index: index)
      interface.index = index
      interfaces[index] = interface
    }
    track(new)
  }

  /// What ended, or goes on under another number, the supervisor has bowed out of itself.
  private func replaceGroups(_ hosts: [HostConfiguration], old: [Group], transition: UInt64) {
    for group in old where !hosts.contains(where: { $0.names(group.host) }) { undemote(group) }
    var generator = SystemRandomNumberGenerator()
    groups = []
    for host in hosts {
      guard let interface = interfaces[host.interface] else { continue }
      let previous = old.first { $0.host.names(host) }
      if let previous, host.continues(previous.host, hasTransition: transition > 0) {
        keep(previous, as: host, transition: transition)
      } else {
        if let previous, previous.host.group == host.group, previous.election.state == .master {
          channel.send(.bowOut(group: host.group))
        }
        if let previous { undemote(previous) }
        // None of what was made with another password is to be left.
        begin(
          Group(host, on: interface, using: &generator), spares: previous == nil ? Deposits.spare : Deposits.limit)
      }
    }
    for group in groups { group.interface.groups[group.host.parameters.vhid] = group }
    fates = Dictionary(grouping: groups.filter { !$0.host.fate.isEmpty }, by: \.host.fate)
    deposits.forgetOthers(than: groups)
    settle()
  }

  private func keep(_ group: Group, as host: HostConfiguration, transition: UInt64) {
    // What the supervisor has of the others is as good as before.
    if !host.signs(like: group.host) { deposits.owe(group, Deposits.spare) }
    group.reconfigure(host, at: EventLoop.now(), transition: transition)
    groups.append(group)
    renewDemotions(of: group)
    perform(group.election.reconfigure(host.parameters, at: Instant(nanoseconds: EventLoop.now())), of: group)
  }

  /// What a new group must know of its interface; nothing yet with the first configuration.
  private func begin(_ group: Group, spares: Int) {
    groups.append(group)
    deposits.owe(group, spares)
    for family in CARP.Family.allCases {
      post(.ownSource(family, group.interface.sources[family]), to: group)
    }
    post(.demotion(demotion), to: group)
    if startHoldEnd > EventLoop.now() { post(.hold(until: Instant(nanoseconds: startHoldEnd)), to: group) }
    if isInMaintenance { post(.maintenance(true), to: group) }
    if let condition = group.interface.condition { post(condition == .up ? .linkUp : .linkDown, to: group) }
  }
}

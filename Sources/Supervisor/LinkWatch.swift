import CLinux
import Channel
import Glibc
import Linux

/// What the kernel does to interfaces and addresses, whoever made it do so.
extension Supervisor {
  /// At the start: takes over what an earlier carpd held and still lives, and removes what it left behind.
  func adopt(_ addresses: [KernelAddress], _ links: [KernelLink]) {
    for interface in interfaces {
      let link = links.first { $0.name == interface.name }
      _ = interface.update(link)
      learn(addresses, interface)
      if interface.index == 0 { continue }
      let leftovers = links.filter { $0.isMacvlan && $0.base == interface.index && $0.memo.hasPrefix("carpd") }
      for leftover in leftovers { keeper.recall(leftover.memo, interface) }
      var stray = leftovers
      for holding in holdings where holding.group.interface == interface.number {
        let macvlan = leftovers.first { $0.name == AddressKeeper.macvlanName(interface, holding.group) }
        let carrier = holding.group.mac == .virtual ? macvlan?.index ?? 0 : interface.index
        let present = Set(addresses.filter { $0.interface == carrier && $0.isOurs }.map(\.address))
        let isWhole = holding.group.addresses.allSatisfy { present.contains($0.address) }
        guard isWhole, interface.condition == .up, holding.group.mac == .interface || macvlan?.isUp == true else {
          continue
        }
        holding.macvlan = macvlan?.index ?? 0
        holding.phase = .held
        stray.removeAll { $0.index == macvlan?.index }
        keeper.renewAll(holding, interface)
        holding.lastAdvertisement = EventLoop.now()
        audit(.adopted, name(holding))
        log(.notice, "VHID \(holding.group.vhid)@\(interface.name): still held from before, going on as MASTER")
      }
      let kept = Set(
        holdings.filter { $0.isOurs && $0.group.interface == interface.number && $0.group.mac == .interface }
          .flatMap { $0.group.addresses.map(\.address) })
      keeper.clean(
        addresses.filter { $0.interface == interface.index && $0.isOurs && !kept.contains($0.address) }, stray)
      prepareMacvlans(interface)
    }
  }

  private func prepareMacvlans(_ interface: Interface) {
    if interface.index == 0 || interface.condition == .unusable { return }
    for holding in holdings where holding.group.interface == interface.number { _ = keeper.prepare(holding, interface) }
  }

  /// Takes the interface's own addresses from a dump.
  private func learn(_ addresses: [KernelAddress], _ interface: Interface) {
    for old in interface.own { interface.set(old.address, prefix: old.prefix, present: false) }
    for entry in addresses where entry.interface == interface.index { note(entry, present: true, interface) }
  }

  private func note(_ entry: KernelAddress, present: Bool, _ interface: Interface) {
    let isShared = entry.isOurs || holdings.contains { $0.group.addresses.contains { $0.address == entry.address } }
    if !isShared { interface.set(entry.address, prefix: entry.prefix, present: present && entry.isUsable) }
  }

  func receiveKernelEvents() {
    do throws(Errno) {
      try monitor.events { event in
        switch event.type {
        case RTM_NEWLINK: changed(KernelLink(event.body))
        case RTM_DELLINK: removed(KernelLink(event.body))
        case RTM_NEWADDR, RTM_DELADDR:
          if let entry = KernelAddress(event.body) { changed(entry, present: event.type == RTM_NEWADDR) }
        default: break
        }
      }
    } catch {
      // Events were lost: ask for everything and go by that.
      log(.notice, "the kernel's events overflowed; reading its state anew")
      reconcile()
    }
  }

  private func reconcile() {
    guard let links = try? keeper.links(), let addresses = try? keeper.addresses() else { return }
    for interface in interfaces {
      let link = links.first { $0.name == interface.name }
      if let link { changed(link) } else if interface.index != 0 { vanish(interface, deleted: true) }
      learn(addresses, interface)
      sendSources(interface)
    }
    for holding in holdings where holding.phase == .held { check(holding, addresses, links) }
  }

  private func changed(_ link: KernelLink) {
    if let interface = interfaces.first(where: { $0.index == link.index && $0.name != link.name }) {
      // Renamed: to this configuration it is gone.
      vanish(interface, deleted: false)
    }
    if let holding = holdings.first(where: { $0.macvlan == link.index && $0.macvlan != 0 }) {
      if !link.isUp && holding.phase == .held { missing(holding, "somebody took its interface down") }
      return
    }
    guard let interface = interfaces.first(where: { $0.name == link.name }) else { return }
    if interface.index != 0 && interface.index != link.index { vanish(interface, deleted: true) }
    let before = interface.condition
    let oldMAC = interface.mac
    guard interface.update(link) else { return }
    if before == .absent {
      if let addresses = try? keeper.addresses() { learn(addresses, interface) }
      prepareMacvlans(interface)
    }
    if interface.condition == .up && before != .up && enginePhase != .starting { openSockets(interface) }
    if interface.condition == .unusable && before != .unusable {
      log(.error, "\(interface.name) cannot be used: \(interface.trouble)")
    }
    sendSources(interface)
    if interface.condition != before {
      log(.notice, "\(interface.name) is \(LogText.name(interface.condition))")
      sendLink(interface)
    }
    // Announced again with the new MAC address: neighbours know the old one.
    if interface.mac != oldMAC {
      for holding in holdings where holding.isOurs && holding.group.interface == interface.number { announce(holding) }
    }
  }

  private func removed(_ link: KernelLink) {
    if let interface = interfaces.first(where: { $0.index == link.index && $0.index != 0 }) {
      vanish(interface, deleted: true)
    } else if let holding = holdings.first(where: { $0.macvlan == link.index && $0.macvlan != 0 }) {
      holding.macvlan = 0
      let interface = interfaces[holding.group.interface]
      // Deleted with its base: then that is reported next, and nothing is to be done here.
      loop.after(milliseconds: 20) { [weak self] in
        guard let self, holding.macvlan == 0, interface.index != 0, !self.isStopping else { return }
        guard self.keeper.prepare(holding, interface), holding.isOurs else { return }
        self.missing(holding, "somebody removed its interface")
      }
    }
  }

  /// The interface is no longer there under its name.
  private func vanish(_ interface: Interface, deleted: Bool) {
    interface.close()
    for holding in holdings where holding.group.interface == interface.number {
      if deleted { holding.macvlan = 0 }
      if holding.isOurs { release(holding) }
      keeper.remove(holding)
    }
    if deleted { interface.savedSettings = [:] } else { keeper.restoreSettings(interface) }
    _ = interface.update(nil)
    log(.notice, "\(interface.name) is \(LogText.name(.absent))")
    sendLink(interface)
  }

  private func changed(_ entry: KernelAddress, present: Bool) {
    for interface in interfaces where interface.index == entry.interface {
      let before = Family.allCases.map { interface.source($0, linkLocal: true) }
      note(entry, present: present, interface)
      if before != Family.allCases.map({ interface.source($0, linkLocal: true) }) { sendSources(interface) }
    }
    if present { return }
    for holding in holdings
    where holding.phase == .held && holding.carrier(interfaces[holding.group.interface]) == entry.interface {
      if holding.group.addresses.contains(where: { $0.address == entry.address && $0.hostPrefix == entry.prefix }) {
        // A moment's patience: when the whole interface goes, that is reported right behind.
        loop.after(milliseconds: 20) { [weak self] in self?.check(holding) }
      }
    }
  }

  private func check(_ holding: Holding) {
    guard holding.phase == .held, let links = try? keeper.links(), let addresses = try? keeper.addresses() else {
      return
    }
    check(holding, addresses, links)
  }

  private func check(_ holding: Holding, _ addresses: [KernelAddress], _ links: [KernelLink]) {
    let interface = interfaces[holding.group.interface]
    guard interface.condition == .up, !holding.suspended, !isStopping else { return }
    let carrier = holding.carrier(interface)
    let present = Set(addresses.filter { $0.interface == carrier }.map(\.address))
    let lost = holding.group.addresses.filter { !present.contains($0.address) }
    guard let first = lost.first else { return }
    // Nobody took it: nobody renewed it. Whoever does not advertise does not keep the address.
    let lease = UInt64(holding.group.lease(first.address.family, every: holding.interval)) * 1_000_000_000
    if EventLoop.now() - holding.lastAdvertisement + 100_000_000 >= lease {
      return giveUp(holding, "its lease ran out, as nothing was advertised")
    }
    missing(holding, "somebody removed \(first.address)")
  }

  /// Puts a shared address back, three times a minute at most; then the role is given up.
  private func missing(_ holding: Holding, _ what: String) {
    let interface = interfaces[holding.group.interface]
    let now = EventLoop.now()
    holding.restored = holding.restored.filter { now - $0 < 60_000_000_000 } + [now]
    if holding.restored.count <= 3 {
      log(
        .warning,
        "VHID \(holding.group.vhid)@\(interface.name): \(what); putting it back (\(holding.restored.count) of 3 a minute)"
      )
      holding.phase = .acquiring(0)
      return continueAcquiring(holding)
    }
    giveUp(holding, "\(what), again and again")
  }

  private func giveUp(_ holding: Holding, _ why: String) {
    log(.error, "\(name(holding)): \(why); giving the role up")
    release(holding)
    if enginePhase == .running { engine?.endpoint.send(.addressLost(group: UInt16(holding.number), address: 0)) }
  }
}

import Channel

/// What the kernel does to interfaces and addresses, whoever made it do so.
extension Supervisor {
  func holdings(on interface: Interface) -> [Holding] { holdings.filter { $0.interface === interface } }

  /// Asks for the whole state and goes by it: at the start, and after events were lost.
  func readKernel() throws(Errno) {
    links = Dictionary(try keeper.links().map { ($0.index, $0) }) { $1 }
    followLinks(try keeper.addresses())
  }

  func receiveKernelEvents() {
    var areLinksNew = false
    let overflow = attempt { () throws(Errno) in
      try monitor.events { event in
        if event.type == RTM_NEWADDR || event.type == RTM_DELADDR {
          if let entry = KernelAddress(event.body) { changed(entry, isThere: event.type == RTM_NEWADDR) }
        } else if let link = KernelLink(event.body) {
          links[link.index] = event.type == RTM_NEWLINK ? link : nil
          areLinksNew = true
        }
      }
    }
    if overflow != nil {
      log(.notice, "the kernel's events overflowed; reading its state anew")
      try? readKernel()
      for holding in holdings where holding.phase == .held { checkSoon(holding) }
    } else if areLinksNew {
      followLinks()
    }
  }

  /// Brings macvlans and interfaces in line with the kernel's links as they are now. `addresses` are all there are, if
  /// known; they are asked for where an interface is new.
  func followLinks(_ addresses: [KernelAddress]? = nil) {
    for holding in holdings where holding.macvlan != 0 {
      let link = links[holding.macvlan]
      if link == nil { holding.macvlan = 0 }
      if link == nil || holding.phase == .held && link?.isUp == false { checkSoon(holding) }
    }
    let named = Dictionary(links.values.map { ($0.name, $0) }) { $1 }
    var addresses = addresses
    for interface in interfaces {
      let link = named[interface.name]
      if interface.index != 0 && interface.index != link?.index { follow(interface, nil, []) }
      if interface.index != link?.index ?? 0 && addresses == nil { addresses = try? keeper.addresses() }
      follow(interface, link, addresses)
    }
  }

  private func follow(_ interface: Interface, _ link: KernelLink?, _ addresses: [KernelAddress]?) {
    let (index, mac, condition) = (interface.index, interface.mac, interface.condition)
    if index != 0 && link == nil { forsake(interface) }
    interface.update(link)
    if let addresses {
      interface.own = addresses.filter { $0.interface == interface.index && $0.isUsable && !isShared($0) }
      if interface.index != index && interface.index != 0 { adopt(interface, addresses.filter(\.isOurs)) }
      for holding in holdings(on: interface) { _ = keeper.prepare(holding) }
    } else if (index, mac, condition) == (interface.index, interface.mac, interface.condition) {
      return
    }
    if interface.condition == .up && enginePhase != .starting {
      // Joined anew when the link comes back: a switch may have forgotten the membership.
      if condition != .up { interface.close() }
      openSockets(interface)
    }
    sendLink(interface)
    if interface.condition != condition {
      let isBare = interface.condition == .noCarrier
      log(.notice, "\(interface.name) is \(isBare ? "without carrier" : "\(interface.condition)")")
      if interface.condition == .unusable && !holdings(on: interface).isEmpty {
        log(.error, "\(interface.name) cannot be used: \(interface.trouble)")
      }
    }
    // Announced again with the new MAC address: neighbours know the old one.
    if interface.mac != mac { for holding in holdings(on: interface) where holding.isOurs { announce(holding) } }
  }

  /// The interface was removed, or renamed: to this configuration it is gone.
  private func forsake(_ interface: Interface) {
    interface.close()
    for holding in holdings(on: interface) {
      if holding.isOurs { release(holding) }
      keeper.remove(holding)
    }
    if links[interface.index] != nil { keeper.restoreARP(interface) }
    interface.savedARP = nil
  }

  /// Takes over what an earlier carpd held here and still lives whole, and removes what else it left.
  private func adopt(_ interface: Interface, _ marked: [KernelAddress]) {
    var leftovers = links.values.filter { $0.macvlanBase == interface.index && ARPSettings(memo: $0.memo) != nil }
    interface.savedARP = leftovers.first.flatMap { ARPSettings(memo: $0.memo) }
    var strays = marked.filter { $0.interface == interface.index }
    for holding in holdings(on: interface) where interface.condition == .up && enginePhase == .starting {
      let macvlan = leftovers.first { $0.name == holding.macvlanName && $0.isUp }
      let carrier = holding.group.mac == .virtual ? macvlan?.index ?? 0 : interface.index
      let wanted = holding.group.addresses.map(\.address)
      guard Set(marked.filter { $0.interface == carrier }.map(\.address)).isSuperset(of: wanted) else { continue }
      leftovers.removeAll { $0.index == carrier }
      strays.removeAll { wanted.contains($0.address) }
      (holding.macvlan, holding.phase) = (macvlan?.index ?? 0, .held)
      keeper.renewAll(holding)
      holding.lastAdvertisement = EventLoop.now()
      audit(.adopted, holding.name)
      log(.notice, "\(holding.name): still held from before, going on as MASTER")
    }
    keeper.clean(strays, leftovers)
  }

  // MARK: - Addresses

  private func isShared(_ entry: KernelAddress) -> Bool {
    entry.isOurs || holdings.contains { $0.group.addresses.contains { $0.address == entry.address } }
  }

  private func changed(_ entry: KernelAddress, isThere: Bool) {
    if !isShared(entry), let interface = interfaces.first(where: { $0.index == entry.interface }) {
      // In its old place, as the first one is the source of advertisements.
      let place = interface.own.firstIndex { $0.address == entry.address && $0.prefix == entry.prefix }
      if let place { interface.own.remove(at: place) }
      if isThere && entry.isUsable { interface.own.insert(entry, at: place ?? interface.own.count) }
      sendLink(interface)
    } else if !isThere {
      for holding in holdings where holding.group.addresses.contains(where: { $0.address == entry.address }) {
        if holding.phase == .held { checkSoon(holding) }
      }
    }
  }

  /// After a moment's patience: when the whole interface goes, that is reported right behind.
  private func checkSoon(_ holding: Holding) {
    if suspects.contains(where: { $0 === holding }) { return }
    suspects.append(holding)
    if suspects.count > 1 { return }
    loop.after(milliseconds: 20) { [unowned self] in
      let checked = suspects
      suspects = []
      guard let addresses = try? keeper.addresses() else { return }
      for holding in checked { check(holding, addresses) }
    }
  }

  /// Puts back what somebody took from a virtual host, three times a minute at most; then the role is given up.
  private func check(_ holding: Holding, _ addresses: [KernelAddress]) {
    let isMacvlanGone = holding.carrier == 0
    guard holding.interface.condition == .up, !isStopping, keeper.prepare(holding), holding.phase == .held,
      !holding.suspended
    else { return }
    let present = Set(addresses.filter { $0.interface == holding.carrier }.map(\.address))
    let lost = holding.group.addresses.first { !present.contains($0.address) }
    if lost == nil && links[holding.carrier]?.isUp != false { return }
    let now = EventLoop.now()
    holding.restored = holding.restored.filter { now - $0 < 60_000_000_000 } + [now]
    let what = isMacvlanGone ? "removed its macvlan" : lost.map { "removed \($0.address)" } ?? "took its macvlan down"
    // Nobody took it: nobody renewed it. Whoever does not advertise does not keep the address.
    let lease = lost.map { holding.group.lease($0.address.family, every: holding.interval) } ?? .max
    let isOverdue = now - holding.lastAdvertisement + 100_000_000 >= UInt64(lease) * 1_000_000_000
    if !isOverdue && holding.restored.count <= 3 {
      log(.warning, "\(holding.name): somebody \(what); putting it back (\(holding.restored.count) of 3 a minute)")
      return startAcquiring(holding)
    }
    let why = isOverdue ? "its lease ran out, as nothing was advertised" : "somebody \(what), again and again"
    log(.error, "\(holding.name): \(why); giving the role up")
    release(holding)
    tell(.role(group: holding.number, change: .lost))
  }
}

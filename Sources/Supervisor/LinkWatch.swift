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
    var (areLinksNew, areAddressesNew) = (false, false)
    let isWhole = monitor.events { event in
      if event.type == RTM_NEWADDR || event.type == RTM_DELADDR {
        guard let entry = KernelAddress(event.body) else { return }
        if !isShared(entry) { areAddressesNew = true } else if event.type == RTM_DELADDR { miss(entry) }
      } else if let link = KernelLink(event.body) {
        links[link.index] = event.type == RTM_NEWLINK ? link : nil
        areLinksNew = true
      }
    }
    if !isWhole {
      log(.notice, "the kernel's events overflowed; reading its state anew")
      try? readKernel()
      // Sets what is missing.
      for holding in holdings where holding.phase == .held && holding.carrier != 0 { startAcquiring(holding) }
    } else if areLinksNew || areAddressesNew {
      followLinks(areAddressesNew ? try? keeper.addresses() : nil)
    }
  }

  /// A shared address is gone: the engine decides whether it is put back.
  private func miss(_ gone: KernelAddress) {
    for holding in holdings where holding.phase == .held && holding.carrier == gone.interface {
      guard let index = holding.group.addresses.firstIndex(where: { $0.address == gone.address }) else { continue }
      tell(.role(group: holding.number, change: .damaged, address: UInt16(index)))
      // Nobody took it: nobody renewed it. Whoever does not advertise does not keep the address; but after a stall the
      // engine has a moment to do so.
      let lease = UInt64(holding.group.lease(gone.address.family, every: holding.interval)) * 1_000_000_000
      loop.after(milliseconds: 20) { [unowned self] in
        let isOverdue = EventLoop.now() - holding.lastAdvertisement + 100_000_000 >= lease
        if !isOverdue || holding.phase != .held || holding.suspended { return }
        log(.error, "\(holding.name): its lease ran out, as nothing was advertised; giving the role up")
        release(holding)
        tell(.role(group: holding.number, change: .lost, address: 0xffff))
      }
    }
  }

  /// Brings macvlans and interfaces in line with the kernel's links as they are now. `addresses` are all there are, if
  /// known; they are asked for where an interface is new.
  func followLinks(_ addresses: [KernelAddress]? = nil) {
    for holding in holdings where holding.macvlan != 0 && links[holding.macvlan]?.isUp != true {
      if holding.phase == .held { tell(.role(group: holding.number, change: .damaged, address: 0xffff)) }
      if links[holding.macvlan] == nil { holding.macvlan = 0 }
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
    interface.link = link
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
    if interface.condition == .unusable && condition != .unusable && !holdings(on: interface).isEmpty {
      log(.error, "\(interface.name) cannot be used: \(interface.trouble)")
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
      keeper.extend(holding.group.addresses, holding)
      holding.lastAdvertisement = EventLoop.now()
      audit(.adopted, holding.name)
      log(.notice, "\(holding.name): still held from before, going on as MASTER")
    }
    keeper.clean(strays, leftovers)
  }

  private func isShared(_ entry: KernelAddress) -> Bool {
    entry.isOurs || holdings.contains { $0.group.addresses.contains { $0.address == entry.address } }
  }
}

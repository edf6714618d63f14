import Channel

/// Puts shared addresses on interfaces and takes them off: macvlans, leases, routes, and the ARP settings of the base
/// interface. Everything here is a privileged act and is recorded.
final class AddressKeeper {
  /// Addresses worked on in one go.
  static let chunk = 64

  private var netlink: NetlinkSocket
  private let loop: EventLoop
  private let log: Log
  private let audit: AuditTrail

  init(_ loop: EventLoop, _ log: Log, _ audit: AuditTrail) throws(Errno) {
    netlink = try NetlinkSocket()
    (self.loop, self.log, self.audit) = (loop, log, audit)
  }

  func links() throws(Errno) -> [KernelLink] { try netlink.ask(.allLinks).compactMap(KernelLink.init) }
  func addresses() throws(Errno) -> [KernelAddress] { try netlink.ask(.allAddresses).compactMap(KernelAddress.init) }

  /// Carries out requests between the record of their intent and those of their outcomes, and throws the first failure
  /// other than `tolerated`. Returns whether all succeeded. `addresses`: what each is about, if not `object`.
  @discardableResult
  private func perform(
    _ act: ActKind, _ object: String, _ requests: [NetlinkMessage], of addresses: [Address]? = nil,
    tolerating tolerated: Int32 = 0
  ) throws(Errno) -> Bool {
    if requests.isEmpty { return true }
    audit(act, object, .intent, count: UInt32(requests.count))
    let start = EventLoop.now()
    let failures = netlink.perform(requests)
    for (name, failure) in zip(addresses?.map(\.description) ?? [object], failures) {
      let number = failure?.number == tolerated ? 0 : failure?.number ?? 0
      audit(act, name, errno: number, since: start, cause: addresses == nil ? "" : object)
    }
    if let failure = failures.lazy.compactMap(\.self).first(where: { $0.number != tolerated }) { throw failure }
    return failures.allSatisfy { $0 == nil }
  }

  // MARK: - The macvlan of a virtual host

  /// What to do about the kernel's refusal to make a macvlan.
  private static let remedies: [Int32: String] = [
    EEXIST: "; remove it, or set mac = \"interface\"",
    EBUSY: "; the interface is part of a bridge or bond: name that, or set mac = \"interface\"",
    EADDRINUSE: "; another macvlan has the MAC address of this vhid already: remove it",
  ]

  /// Makes the macvlan of `holding`, down and mute; false, and a line in the log, if that is not possible.
  func prepare(_ holding: Holding) -> Bool {
    if holding.group.mac == .interface || holding.macvlan != 0 { return true }
    let (interface, name) = (holding.interface, holding.macvlanName)
    if interface.index == 0 || interface.condition == .unusable { return false }
    do throws(Errno) {
      let creation = NetlinkMessage.createMacvlan(name, over: interface.index, mac: holding.group.virtualMAC)
      try perform(.linkMade, name, [creation], tolerating: EEXIST)
      let link = (try? netlink.ask(.findLink(name)))?.first.flatMap(KernelLink.init)
      guard let link, link.macvlanBase == interface.index else { throw Errno(EEXIST, "it is not carpd's") }
      holding.macvlan = link.index
      let memo = try tightenARP(interface).memo
      try perform(.linkSet, name, [.quietMacvlan(link.index, memo: memo)])
      // One router advertisement would otherwise give the macvlan an address, a route and a voice.
      for setting in ["accept_ra", "autoconf"] { try clear("/proc/sys/net/ipv6/conf/\(name)/\(setting)") }
      return true
    } catch {
      let remedy = AddressKeeper.remedies[error.number] ?? ""
      log(.error, "cannot make \(name) over \(interface.name): \(error)\(remedy)")
      remove(holding)
      return false
    }
  }

  /// Writes a 0. Without IPv6 in the kernel there is no such file, and nothing to mute.
  private func clear(_ path: String) throws(Errno) {
    let start = EventLoop.now()
    let failure = attempt { () throws(Errno) in
      let file = try openFile(path, O_WRONLY)
      try unsafe check(write(file.raw, "0", 1))
    }
    audit(.sysctl, path, errno: failure?.number ?? 0, since: start)
    guard let failure, failure.number != ENOENT else { return }
    throw Errno(failure.number, "\(path) must be writable, or set mac = \"interface\"")
  }

  /// Removes the macvlan, and with it what is still on it.
  func remove(_ holding: Holding) {
    if holding.macvlan == 0 { return }
    _ = try? perform(.linkRemoved, holding.name, [.deleteLink(holding.macvlan)])
    holding.macvlan = 0
  }

  // MARK: - ARP settings of the base interface

  private func tightenARP(_ interface: Interface) throws(Errno) -> ARPSettings {
    if let saved = interface.savedARP { return saved }
    let found = interface.link?.arp ?? ARPSettings(ignore: 0, announce: 0)
    try perform(.linkSet, interface.name, [.set(found.tightened, on: interface.index)])
    interface.savedARP = found
    return found
  }

  func restoreARP(_ interface: Interface) {
    guard let saved = interface.savedARP, interface.index != 0 else { return }
    interface.savedARP = nil
    _ = try? perform(.linkSet, interface.name, [.set(saved, on: interface.index)])
  }

  // MARK: - Addresses

  /// Sets the next addresses, and takes the macvlan up behind the first chunk: what the kernel then sends draws the
  /// traffic here, and there must be an address to answer it.
  func acquireChunk(_ holding: Holding, from first: Int) throws(Errno) {
    let slice = holding.group.addresses.dropFirst(first).prefix(AddressKeeper.chunk)
    let (requests, names) = (slice.map { lease($0, holding, renewing: false) }, slice.map(\.address))
    if try !perform(.addressAdded, holding.name, requests, of: names, tolerating: EEXIST) {
      // What is there already is extended if it is carpd's, and left alone if it is somebody else's.
      let present = (try? addresses()) ?? []
      let ours = Set(present.filter { $0.isOurs && $0.interface == holding.carrier }.map(\.address))
      guard ours.isSuperset(of: names) else { throw Errno(EEXIST, "somebody else has set it") }
      extend(slice, holding)
    }
    if first == 0 {
      if holding.macvlan != 0 { try perform(.linkUp, holding.name, [.setUp(true, holding.macvlan)]) }
      addRoutes(holding)
    }
    holding.phase = slice.endIndex < holding.group.addresses.count ? .acquiring(slice.endIndex) : .held
  }

  private func lease(_ shared: HostAddress, _ holding: Holding, renewing: Bool) -> NetlinkMessage {
    let seconds = holding.group.lease(shared.address.family, every: holding.interval)
    return .addAddress(shared, on: holding.carrier, lease: seconds, renewing: renewing)
  }

  /// Extends the leases that are due with this advertisement.
  func renew(_ holding: Holding, _ family: Family) {
    guard holding.phase == .held else { return }
    let members = holding.group.addresses.filter { $0.address.family == family }
    let slice = members.dropFirst(holding.renewal[family, default: 0]).prefix(Lease.renewals(family))
    holding.renewal[family] = slice.endIndex < members.count ? slice.endIndex : 0
    extend(slice, holding)
  }

  /// Extends these leases; all of them for the last time before an exit that leaves the addresses behind.
  func extend(_ addresses: some Sequence<HostAddress>, _ holding: Holding) {
    _ = netlink.perform(addresses.map { lease($0, holding, renewing: true) })
  }

  /// Gives the addresses up. The macvlan goes down first, and takes its voice with it: an address that leaves an
  /// interface that is up makes the kernel send reports from the virtual MAC for two seconds more.
  func release(_ holding: Holding, atOnce: Bool = false) {
    if holding.macvlan != 0 { _ = try? perform(.linkDown, holding.name, [.setUp(false, holding.macvlan)]) }
    (holding.phase, holding.suspended, holding.pendingRequest) = (.idle, false, nil)
    drop(holding.group.addresses, of: holding, atOnce: atOnce)
  }

  /// Deletes addresses with their routes, piece by piece or all at once, but none that is wanted, or wanted again.
  func drop(_ gone: [HostAddress], of holding: Holding, atOnce: Bool = false) {
    let routes = holding.routes.map { NetlinkMessage.route($0, on: holding.interface.index, add: false) }
    _ = try? perform(.routeRemoved, holding.name, routes, of: holding.routes.map(\.address))
    (holding.routes, holding.renewal, holding.round) = ([], [:], holding.round + 1)
    let carrier = holding.carrier
    if carrier == 0 { return }
    loop.inPieces(gone[...], of: atOnce ? gone.count : AddressKeeper.chunk) { [unowned self] piece in
      let wanted = Set(holding.isOurs ? holding.group.addresses.map(\.address) : [])
      let rest = piece.filter { !wanted.contains($0.address) }
      let requests = rest.map { NetlinkMessage.deleteAddress($0.address, $0.hostPrefix, from: carrier) }
      // IPv6 addresses leave an interface that goes down by themselves.
      _ = try? perform(.addressDeleted, holding.name, requests, of: rest.map(\.address), tolerating: EADDRNOTAVAIL)
      return true
    }
  }

  /// Deletes leftovers of an earlier carpd.
  func clean(_ addresses: [KernelAddress], _ links: [KernelLink]) {
    for link in links { _ = try? perform(.linkRemoved, link.name, [.deleteLink(link.index)]) }
    let requests = addresses.map { NetlinkMessage.deleteAddress($0.address, $0.prefix, from: $0.interface) }
    _ = try? perform(.addressDeleted, "leftovers", requests, of: addresses.map(\.address))
  }

  /// Where the base interface has no network that holds the shared address, its neighbours could not be answered.
  private func addRoutes(_ holding: Holding) {
    let interface = holding.interface
    for shared in holding.group.addresses where shared.prefix < shared.hostPrefix && !interface.reaches(shared) {
      if holding.routes.contains(where: { $0.prefix == shared.prefix && $0.network == shared.network }) { continue }
      let request = NetlinkMessage.route(shared, on: interface.index, add: true)
      // One that a carpd before has left is as good.
      let isThere = (try? perform(.routeAdded, "\(shared.address)", [request], tolerating: EEXIST)) != nil
      if isThere { holding.routes.append(shared) }
    }
  }
}

import CLinux
import Channel
import Glibc
import Linux

/// Puts shared addresses on interfaces and takes them off: macvlans, leases, routes, and the ARP settings of the base
/// interface. Everything here is a privileged act and is recorded.
final class AddressKeeper {
  /// Addresses worked on in one go; between two goes the loop turns, so that no advertisement waits for a thousand.
  static let chunk = 64

  private var netlink: NetlinkSocket
  private let loop: EventLoop
  private let log: Log
  private let audit: AuditTrail

  init(_ loop: EventLoop, _ log: Log, _ audit: AuditTrail) throws(Errno) {
    netlink = try NetlinkSocket()
    self.loop = loop
    self.log = log
    self.audit = audit
  }

  func links() throws(Errno) -> [KernelLink] { try netlink.ask(Request.allLinks).compactMap { KernelLink($0.body) } }

  func addresses() throws(Errno) -> [KernelAddress] {
    try netlink.ask(Request.allAddresses).compactMap { KernelAddress($0.body) }
  }

  /// Carries out requests between the record of their intent and those of their outcomes, and throws the first failure
  /// other than `tolerated`. Returns whether all succeeded.
  private func perform(
    _ act: ActKind, _ object: String, _ requests: [(name: String, message: NetlinkMessage)],
    tolerating tolerated: Int32 = 0
  ) throws(NetlinkError) -> Bool {
    audit(act, object, .intent, count: UInt32(requests.count))
    let start = EventLoop.now()
    let failures = netlink.perform(requests.map(\.message))
    for (request, failure) in zip(requests, failures) {
      let number = failure?.errno.number ?? 0
      audit(
        act, request.name, errno: number == tolerated ? 0 : number, since: start,
        cause: request.name == object ? "" : object)
    }
    if let failure = failures.lazy.compactMap(\.self).first(where: { $0.errno.number != tolerated }) { throw failure }
    return failures.allSatisfy { $0 == nil }
  }

  private func perform(_ act: ActKind, _ object: String, _ request: NetlinkMessage, tolerating tolerated: Int32 = 0)
    throws(NetlinkError)
  {
    _ = try perform(act, object, [(object, request)], tolerating: tolerated)
  }

  // MARK: - The macvlan of a virtual host

  static func macvlanName(_ interface: Interface, _ group: PolicyGroup) -> String {
    "carp\(interface.index)-\(group.vhid)"
  }

  /// Makes the macvlan of `holding`, down and mute; false, and a line in the log, if that is not possible.
  func prepare(_ holding: Holding, _ interface: Interface) -> Bool {
    if holding.group.mac == .interface || holding.macvlan != 0 { return true }
    if interface.index == 0 || interface.condition == .unusable { return false }
    let name = AddressKeeper.macvlanName(interface, holding.group)
    do throws(NetlinkError) {
      let creation = Request.createMacvlan(name, over: interface.index, mac: holding.group.virtualMAC)
      try perform(.linkMade, name, creation, tolerating: EEXIST)
      let link = (try? netlink.ask(Request.findLink(name)))?.first.flatMap { KernelLink($0.body) }
      guard let link, link.macvlanBase == interface.index else {
        log(.error, "\(name) exists and is not carpd's; remove it, or set mac = \"interface\"")
        return false
      }
      holding.macvlan = link.index
      try tightenARP(interface)
      try perform(.linkSet, name, Request.quietMacvlan(link.index, memo: (interface.savedARP ?? interface.arp).memo))
      // One router advertisement would otherwise give the macvlan an address, a route and a voice.
      for setting in ["accept_ra", "autoconf"] { try clear("/proc/sys/net/ipv6/conf/\(name)/\(setting)") }
      return true
    } catch {
      let remedy =
        switch error.errno.number {
        case EBUSY: "; the interface is part of a bridge or bond: name that, or set mac = \"interface\""
        case EADDRINUSE: "; another macvlan has the MAC address of vhid \(holding.group.vhid) already: remove it"
        case EROFS, EACCES: "; where /proc/sys is read-only set mac = \"interface\""
        default: ""
        }
      log(.error, "cannot make \(name) over \(interface.name): \(error)\(remedy)")
      remove(holding)
      return false
    }
  }

  /// Writes a 0. Without IPv6 in the kernel there is no such file, and nothing to mute.
  private func clear(_ path: String) throws(NetlinkError) {
    let start = EventLoop.now()
    let file = unsafe Glibc.open(path, O_WRONLY | O_CLOEXEC)
    let failure = unsafe file >= 0 && write(file, "0", 1) == 1 ? 0 : errno
    if file >= 0 { close(file) }
    audit(.sysctl, path, errno: failure, since: start)
    if failure != 0 && failure != ENOENT { throw NetlinkError(errno: Errno(failure), text: path) }
  }

  /// Removes the macvlan, and with it what is still on it.
  func remove(_ holding: Holding) {
    if holding.macvlan == 0 { return }
    try? perform(.linkRemoved, "vhid \(holding.group.vhid)", Request.deleteLink(holding.macvlan))
    holding.macvlan = 0
  }

  // MARK: - ARP settings of the base interface

  private func tightenARP(_ interface: Interface) throws(NetlinkError) {
    if interface.savedARP != nil { return }
    interface.savedARP = interface.arp
    if interface.arp == interface.arp.tightened { return }
    try perform(.linkSet, interface.name, Request.set(interface.arp.tightened, on: interface.index))
  }

  func restoreARP(_ interface: Interface) {
    guard let saved = interface.savedARP else { return }
    interface.savedARP = nil
    if saved == saved.tightened || interface.index == 0 { return }
    try? perform(.linkSet, interface.name, Request.set(saved, on: interface.index))
  }

  // MARK: - Addresses

  /// Sets the next addresses, and takes the macvlan up behind the first chunk: what the kernel then sends draws the
  /// traffic here, and there must be an address to answer it.
  func acquireChunk(_ holding: Holding, _ interface: Interface) throws(NetlinkError) {
    guard case .acquiring(let first) = holding.phase else { return }
    let carrier = holding.carrier(interface)
    let slice = holding.group.addresses.dropFirst(first).prefix(AddressKeeper.chunk)
    let requests = slice.map { ("\($0.address)", lease($0, holding, carrier, renewing: false)) }
    if try !perform(.addressAdded, "vhid \(holding.group.vhid)", requests, tolerating: EEXIST) {
      // What is there already is extended if it is carpd's, and left alone if it is somebody else's.
      let present = (try? addresses()) ?? []
      let ours = Set(present.filter { $0.isOurs && $0.interface == carrier }.map(\.address))
      guard ours.isSuperset(of: slice.map(\.address)) else {
        throw NetlinkError(errno: Errno(EEXIST), text: "somebody else has set it")
      }
      extend(slice, holding, interface)
    }
    if first == 0 {
      if holding.group.mac == .virtual {
        try perform(.linkUp, "vhid \(holding.group.vhid)", Request.setUp(true, carrier))
      }
      addRoutes(holding, interface)
    }
    let next = first + slice.count
    holding.phase = next < holding.group.addresses.count ? .acquiring(next) : .held
  }

  private func lease(_ shared: SharedAddress, _ holding: Holding, _ carrier: Int32, renewing: Bool) -> NetlinkMessage {
    let seconds = holding.group.lease(shared.address.family, every: holding.interval)
    return Request.addAddress(shared, on: carrier, lease: seconds, renewing: renewing)
  }

  /// Extends the leases that are due with this advertisement.
  func renew(_ holding: Holding, _ interface: Interface, _ family: Family) {
    guard holding.phase == .held else { return }
    let members = holding.group.addresses.filter { $0.address.family == family }
    let first = holding.renewal[family, default: 0]
    let slice = members.dropFirst(first).prefix(PolicyGroup.renewalsPerAdvertisement(family))
    holding.renewal[family] = first + slice.count < members.count ? first + slice.count : 0
    extend(slice, holding, interface)
  }

  /// Extends every lease at once: for the last time before an exit that leaves the addresses behind.
  func renewAll(_ holding: Holding, _ interface: Interface) { extend(holding.group.addresses[...], holding, interface) }

  private func extend(_ slice: ArraySlice<SharedAddress>, _ holding: Holding, _ interface: Interface) {
    let carrier = holding.carrier(interface)
    _ = netlink.perform(slice.map { lease($0, holding, carrier, renewing: true) })
  }

  /// Gives the addresses up. The macvlan goes down first, and takes its voice with it: an address that leaves an
  /// interface that is up makes the kernel send reports from the virtual MAC for two seconds more.
  func release(_ holding: Holding, _ interface: Interface, atOnce: Bool = false) {
    let carrier = holding.carrier(interface)
    if holding.group.mac == .virtual && carrier != 0 {
      try? perform(.linkDown, "vhid \(holding.group.vhid)", Request.setUp(false, carrier))
    }
    for route in holding.routes {
      try? perform(.routeRemoved, "\(route.address)", Request.route(route, on: interface.index, add: false))
    }
    holding.routes = []
    holding.phase = .idle
    holding.announcement = nil
    holding.renewal = [:]
    holding.suspended = false
    if carrier != 0 { delete(holding.group.addresses[...], holding, carrier, atOnce: atOnce) }
  }

  /// Deletes addresses chunk by chunk, the first at once, or all of them.
  private func delete(_ rest: ArraySlice<SharedAddress>, _ holding: Holding, _ carrier: Int32, atOnce: Bool) {
    let slice = atOnce ? rest : rest.prefix(AddressKeeper.chunk)
    let requests = slice.map { ("\($0.address)", Request.deleteAddress($0.address, $0.hostPrefix, from: carrier)) }
    // IPv6 addresses leave an interface that goes down by themselves.
    _ = try? perform(.addressDeleted, "vhid \(holding.group.vhid)", requests, tolerating: EADDRNOTAVAIL)
    let more = rest.dropFirst(slice.count)
    if more.isEmpty { return }
    loop.after(milliseconds: 0) { [weak self] in
      // Acquired anew meanwhile: then they are wanted again.
      if holding.phase == .idle { self?.delete(more, holding, carrier, atOnce: false) }
    }
  }

  /// Deletes leftovers of an earlier carpd.
  func clean(_ addresses: [KernelAddress], _ links: [KernelLink]) {
    for link in links { try? perform(.linkRemoved, link.name, Request.deleteLink(link.index)) }
    for old in addresses {
      let request = Request.deleteAddress(old.address, old.prefix, from: old.interface)
      try? perform(.addressDeleted, "\(old.address)", request)
    }
  }

  /// Where the base interface has no network that holds the shared address, its neighbours could not be answered.
  private func addRoutes(_ holding: Holding, _ interface: Interface) {
    for shared in holding.group.addresses where shared.prefix < shared.hostPrefix && !interface.reaches(shared) {
      if holding.routes.contains(where: { $0.prefix == shared.prefix && $0.network == shared.network }) { continue }
      let request = Request.route(shared, on: interface.index, add: true)
      if (try? perform(.routeAdded, "\(shared.address)", request)) != nil { holding.routes.append(shared) }
    }
  }
}

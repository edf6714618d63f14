import CLinux
import Channel
import Glibc
import Linux

/// Puts shared addresses on interfaces and takes them off: macvlans, leases, routes, and the settings of the base
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

  func links() throws(Errno) -> [KernelLink] {
    try netlink.dump(RTM_GETLINK, header: Request.anyLink).filter { $0.type == RTM_NEWLINK }.map { KernelLink($0.body) }
  }

  func addresses() throws(Errno) -> [KernelAddress] {
    try netlink.dump(RTM_GETADDR, header: Request.anyAddress).filter { $0.type == RTM_NEWADDR }
      .compactMap { KernelAddress($0.body) }
  }

  /// Performs a request and records it; the error if it failed.
  @discardableResult
  private func perform(_ act: ActKind, _ object: String, _ request: NetlinkMessage) -> NetlinkError? {
    audit(act, object, .intent)
    let start = EventLoop.now()
    var failure: NetlinkError?
    do { try netlink.perform(request) } catch { failure = error }
    audit(act, object, errno: failure?.errno.number ?? 0, since: start)
    return failure
  }

  // MARK: - The macvlan of a virtual host

  static func macvlanName(_ interface: Interface, _ group: PolicyGroup) -> String {
    "carp\(interface.index)-\(group.vhid)"
  }

  /// Makes the macvlan of `holding`, down and mute; false if that is not possible.
  func prepare(_ holding: Holding, _ interface: Interface) -> Bool {
    if holding.group.mac == .interface || holding.macvlan != 0 { return true }
    let name = AddressKeeper.macvlanName(interface, holding.group)
    remember(interface)
    let request = Request.createMacvlan(name, over: interface.index, mac: holding.group.virtualMAC)
    if let failure = perform(.linkMade, name, request), failure.errno.number != EEXIST {
      let remedy =
        failure.errno.number == EBUSY
        ? "the interface is part of a bridge or bond: name the bridge or bond itself, or set mac = \"interface\""
        : failure.errno.number == EADDRINUSE
          ? "another macvlan on it has the MAC address of vhid \(holding.group.vhid) already: remove it" : ""
      log(.error, "cannot make \(name) over \(interface.name): \(failure)\(remedy.isEmpty ? "" : "; \(remedy)")")
      return false
    }
    guard let link = (try? links())?.first(where: { $0.name == name }), link.isMacvlan, link.base == interface.index
    else {
      log(.error, "\(name) exists and is not carpd's; remove it, or set mac = \"interface\"")
      return false
    }
    holding.macvlan = link.index
    if let failure = perform(.linkSet, name, Request.quietMacvlan(link.index, memo: memo(interface))) {
      log(.error, "cannot set up \(name): \(failure)")
      remove(holding)
      return false
    }
    // One router advertisement would otherwise give the macvlan an address, a route and a voice.
    for setting in ["accept_ra", "autoconf"] {
      let path = "/proc/sys/net/ipv6/conf/\(name)/\(setting)"
      let start = EventLoop.now()
      let file = unsafe Glibc.open(path, O_WRONLY | O_CLOEXEC)
      let written = file < 0 ? -1 : unsafe write(file, "0", 1)
      let failure = written == 1 ? 0 : errno
      if file >= 0 { close(file) }
      audit(.sysctl, path, errno: failure, since: start)
      // Without IPv6 in the kernel there is no such file and nothing to mute.
      if failure == 0 || failure == ENOENT { continue }
      log(.error, "cannot write \(path): \(Errno(failure)); where /proc/sys is read-only set mac = \"interface\"")
      remove(holding)
      return false
    }
    return true
  }

  /// Removes the macvlan, and with it what is still on it.
  func remove(_ holding: Holding) {
    if holding.macvlan == 0 { return }
    perform(.linkRemoved, "vhid \(holding.group.vhid)", Request.deleteLink(holding.macvlan))
    holding.macvlan = 0
  }

  // MARK: - ARP settings of the base interface

  /// With Linux's defaults the base interface would answer ARP for the shared address too, and ask with it as sender.
  private static let wanted: [InterfaceSetting: UInt32] = [.arpIgnore: 1, .arpAnnounce: 2]

  private func remember(_ interface: Interface) {
    if !interface.savedSettings.isEmpty { return }
    let changed = AddressKeeper.wanted.filter { interface.settings[$0.key, default: 0] < $0.value }
    if changed.isEmpty { return }
    interface.savedSettings = changed.keys.reduce(into: [:]) { $0[$1] = interface.settings[$1, default: 0] }
    perform(.linkSet, interface.name, Request.set(changed, on: interface.index))
  }

  func restoreSettings(_ interface: Interface) {
    if interface.savedSettings.isEmpty || interface.index == 0 { return }
    perform(.linkSet, interface.name, Request.set(interface.savedSettings, on: interface.index))
    interface.savedSettings = [:]
  }

  private func memo(_ interface: Interface) -> String {
    let saved = interface.savedSettings.sorted { $0.key.rawValue < $1.key.rawValue }
    return (["carpd"] + saved.map { "\($0.key.rawValue)=\($0.value)" }).joined(separator: " ")
  }

  /// Reads the memo of a macvlan left by an earlier carpd back.
  func recall(_ memo: String, _ interface: Interface) {
    for part in memo.split(separator: " ").dropFirst() {
      let numbers = part.split(separator: "=").compactMap { UInt32($0) }
      if numbers.count == 2, let setting = InterfaceSetting(rawValue: Int(numbers[0])) {
        interface.savedSettings[setting] = numbers[1]
      }
    }
  }

  // MARK: - Addresses

  /// Sets the next addresses, and takes the macvlan up behind the first chunk. The error if one could not be set.
  func acquireChunk(_ holding: Holding, _ interface: Interface) -> NetlinkError? {
    guard case .acquiring(let first) = holding.phase else { return nil }
    let carrier = holding.carrier(interface)
    let slice = holding.group.addresses.dropFirst(first).prefix(AddressKeeper.chunk)
    var requests = slice.map { lease($0, holding, carrier, renewing: false) }
    audit(.addressAdded, "vhid \(holding.group.vhid)", .intent, count: UInt32(slice.count))
    let start = EventLoop.now()
    let raises = first == 0 && holding.group.mac == .virtual
    // Up last: what the kernel then sends draws the traffic here, and there must be an address to answer it.
    if raises { requests.append(Request.setUp(true, carrier)) }
    var outcomes = netlink.perform(requests)
    if raises {
      let failure = outcomes.removeLast()
      audit(.linkUp, "vhid \(holding.group.vhid)", errno: failure?.errno.number ?? 0, since: start)
      if let failure { return failure }
    }
    for (shared, failure) in zip(slice, outcomes) {
      var failure = failure
      if failure?.errno.number == EEXIST { failure = takeOver(shared, holding, carrier, failure) }
      audit(
        .addressAdded, "\(shared.address)", errno: failure?.errno.number ?? 0, since: start,
        cause: "vhid \(holding.group.vhid)")
      if let failure { return failure }
    }
    if first == 0 { addRoutes(holding, interface) }
    let next = first + slice.count
    holding.phase = next < holding.group.addresses.count ? .acquiring(next) : .held
    return nil
  }

  /// The address is there already: ours from before, then it is renewed; somebody else's, then it is left alone.
  private func takeOver(_ shared: SharedAddress, _ holding: Holding, _ carrier: Int32, _ failure: NetlinkError?)
    -> NetlinkError?
  {
    let present = (try? addresses()) ?? []
    let ours = present.contains {
      $0.interface == carrier && $0.address == shared.address && $0.prefix == shared.hostPrefix && $0.isOurs
    }
    return ours ? netlink.perform([lease(shared, holding, carrier, renewing: true)])[0] : failure
  }

  private func lease(_ shared: SharedAddress, _ holding: Holding, _ carrier: Int32, renewing: Bool) -> NetlinkMessage {
    Request.addAddress(
      shared, on: carrier, lease: holding.group.lease(shared.address.family, every: holding.interval),
      renewing: renewing)
  }

  /// Extends the leases that are due with this advertisement.
  func renew(_ holding: Holding, _ interface: Interface, _ family: Family) {
    guard holding.phase == .held else { return }
    let members = holding.group.addresses.filter { $0.address.family == family }
    let first = holding.renewal[family, default: 0]
    let slice = members.dropFirst(first).prefix(PolicyGroup.renewalsPerAdvertisement(family))
    holding.renewal[family] = first + slice.count < members.count ? first + slice.count : 0
    let carrier = holding.carrier(interface)
    _ = netlink.perform(slice.map { lease($0, holding, carrier, renewing: true) })
  }

  /// Extends every lease at once, for the last time before an exit that leaves the addresses behind.
  func renewAll(_ holding: Holding, _ interface: Interface) {
    let carrier = holding.carrier(interface)
    _ = netlink.perform(holding.group.addresses.map { lease($0, holding, carrier, renewing: true) })
  }

  /// Gives the addresses up. The macvlan goes down first, and takes its voice with it: an address that leaves an
  /// interface that is up makes the kernel send reports from the virtual MAC for two seconds more.
  func release(_ holding: Holding, _ interface: Interface, atOnce: Bool = false) {
    let carrier = holding.carrier(interface)
    if holding.group.mac == .virtual && carrier != 0 {
      perform(.linkDown, "vhid \(holding.group.vhid)", Request.setUp(false, carrier))
    }
    for route in holding.routes {
      perform(.routeRemoved, "\(route.address)", Request.route(route, on: interface.index, add: false))
    }
    holding.routes = []
    holding.phase = .idle
    holding.announcement = nil
    holding.renewal = [:]
    holding.suspended = false
    if carrier != 0 { remove(holding, carrier, holding.group.addresses[...], atOnce: atOnce) }
  }

  /// Deletes addresses chunk by chunk, the first at once, or all of them.
  private func remove(_ holding: Holding, _ carrier: Int32, _ rest: ArraySlice<SharedAddress>, atOnce: Bool) {
    let slice = atOnce ? rest : rest.prefix(AddressKeeper.chunk)
    audit(.addressDeleted, "vhid \(holding.group.vhid)", .intent, count: UInt32(slice.count))
    let start = EventLoop.now()
    for (shared, failure) in zip(slice, netlink.perform(slice.map { Request.deleteAddress($0, from: carrier) })) {
      // IPv6 addresses leave an interface that goes down by themselves.
      let number = failure?.errno.number ?? 0
      audit(
        .addressDeleted, "\(shared.address)", errno: number == EADDRNOTAVAIL ? 0 : number, since: start,
        cause: "vhid \(holding.group.vhid)")
    }
    let more = rest.dropFirst(slice.count)
    if more.isEmpty { return }
    loop.after(milliseconds: 0) { [weak self] in
      // Acquired anew meanwhile: then they are wanted again.
      if holding.phase == .idle { self?.remove(holding, carrier, more, atOnce: false) }
    }
  }

  /// Deletes leftovers of an earlier carpd.
  func clean(_ addresses: [KernelAddress], _ links: [KernelLink]) {
    for link in links { perform(.linkRemoved, link.name, Request.deleteLink(link.index)) }
    for entry in addresses {
      let shared = SharedAddress(address: entry.address, prefix: entry.prefix)
      perform(
        .addressDeleted, "\(entry.address)", Request.deleteAddress(shared, from: entry.interface, prefix: entry.prefix))
    }
  }

  // MARK: - Routes

  /// Where the base interface has no network that holds the shared address, its neighbours could not be answered.
  private func addRoutes(_ holding: Holding, _ interface: Interface) {
    for shared in holding.group.addresses where shared.prefix < shared.hostPrefix && !interface.reaches(shared) {
      if holding.routes.contains(where: {
        $0.prefix == shared.prefix && $0.address.shares(prefix: $0.prefix, with: shared.address)
      }) {
        continue
      }
      let failure = perform(.routeAdded, "\(shared.address)", Request.route(shared, on: interface.index, add: true))
      if failure == nil { holding.routes.append(shared) }
    }
  }
}

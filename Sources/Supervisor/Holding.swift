import Channel

/// What the supervisor knows of one virtual host while it runs.
final class Holding {
  enum Phase: Equatable {
    /// Not ours: macvlan down, no address.
    case idle
    /// Addresses are being set, from this index on.
    case acquiring(Int)
    case held
    /// Bowed out of; the addresses follow within milliseconds, when the next master has had time to come up.
    case leaving
  }

  /// Its number on the channel.
  let number: UInt16
  private(set) var group: PolicyGroup
  let interface: Interface
  var phase = Phase.idle
  /// Interface index of the macvlan, 0 without one.
  var macvlan: Int32 = 0
  /// No acquisition before this time (after a bow-out), CLOCK_MONOTONIC ns.
  var holdUntil: UInt64 = 0
  var lastAdvertisement: UInt64 = 0
  /// Nanoseconds between advertisements as the last one announced it: longer than configured while demoted.
  var interval: UInt64
  /// After a stall only a release, or a new acquisition, makes this group speak again.
  var suspended = false
  /// Request to answer once all addresses are set.
  var pendingRequest: UInt32?
  /// Next address to renew, per family.
  var renewal: [Family: Int] = [:]
  /// Counts rounds of announcements: the newest one goes on.
  var round = 0
  /// Networks for which a route was added, with the shared address that needed it.
  var routes: [HostAddress] = []
  /// Spare advertisements, oldest first.
  private var deposits: [Family: [Advertise]] = [:]
  /// Advertisements sent since the last record of their number.
  var advertised: UInt32 = 0
  private var sentCounters: [UInt64] = []
  private var requests = TokenBucket()

  init(number: UInt16, _ group: PolicyGroup, on interface: Interface) {
    (self.number, self.group, self.interface, interval) = (number, group, interface, group.interval)
  }

  var isOurs: Bool { phase != .idle && phase != .leaving }
  /// How it is called in log and records.
  var name: String { "vhid \(group.vhid)@\(interface.name)" }
  var macvlanName: String { "carp\(interface.index)-\(group.vhid)" }
  /// The MAC address the shared addresses answer with.
  var mac: [UInt8] { group.mac == .virtual ? group.virtualMAC : interface.mac }
  /// The interface the addresses go onto, 0 while there is none.
  var carrier: Int32 { group.mac == .virtual ? macvlan : interface.index }

  /// Takes over what a reload changed.
  func change(to new: PolicyGroup) { (group, interval) = (new, max(interval, new.interval)) }

  /// Remembers a counter; false if it was used lately.
  func use(_ counter: UInt64) -> Bool {
    if sentCounters.contains(counter) { return false }
    sentCounters = sentCounters.suffix(63) + [counter]
    return true
  }

  /// Twenty requests a second more than the interval alone would need, forty at once.
  func withinRate(_ now: UInt64) -> Bool {
    let perSecond = 20 + 4 * 1e9 / Double(max(group.interval, 1_000_000))
    return requests.take(now, perSecond: perSecond, burst: 40 + perSecond / 4)
  }

  /// Keeps a spare advertisement; of a family the newest eight.
  func keep(_ deposit: Advertise) {
    deposits[deposit.family] = deposits[deposit.family, default: []].suffix(7) + [deposit]
  }

  /// A spare advertisement with the configured interval, or 255/255 for a bow-out.
  func spend(_ family: Family, bowOut: Bool) -> Advertise? {
    guard deposits[family]?.isEmpty == false, var advertise = deposits[family]?.removeFirst() else { return nil }
    advertise.advbase = bowOut ? 255 : group.advbase
    advertise.advskew = bowOut ? 255 : min(group.advskew, 240)
    advertise.demotion = 0
    return advertise
  }
}

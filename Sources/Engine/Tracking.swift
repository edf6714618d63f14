import Channel
import Linux

/// An interface that this machine needs although no virtual host is on it.
struct Tracked {
  /// The number it goes by on the channel.
  let interface: UInt16
  let name: String
  /// What the machine is demoted by while it is not up.
  let demotion: UInt8

  fileprivate var source: String { "track:\(name)" }
}

extension Engine {
  /// These are tracked from now on, and no others.
  func track(_ new: [Tracked]) {
    for old in tracked.values.sorted(by: { $0.name < $1.name }) where !new.contains(where: { $0.name == old.name }) {
      undemote(old.source, because: .removed)
    }
    tracked = Dictionary(new.map { ($0.interface, $0) }) { first, _ in first }
    for interface in new { follow(interface) }
  }

  /// Demotes the machine, or no longer, by what is known of the interface.
  func follow(_ tracked: Tracked) {
    guard let interface = interfaces[tracked.interface], let condition = interface.condition else { return }
    // One that no virtual host could use may well have link.
    if condition == .up || condition == .unusable {
      undemote(tracked.source, because: .trackedUp, on: interface)
      return
    }
    let known = demotions.sources[tracked.source]
    if known?.value == Int(tracked.demotion) { return }
    var source = Demotions.Source(value: Int(tracked.demotion))
    source.reason = "tracked interface down"
    source.since = known?.since ?? EventLoop.now()
    demote(tracked.source, source, because: .trackedDown, on: interface)
  }
}

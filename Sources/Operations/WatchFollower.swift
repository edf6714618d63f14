public import Control

/// Follows the replies of `Watch` through gaps, restarts of the daemon and its absence, so that the last state of each
/// virtual host is always told.
public struct WatchFollower {
  /// What a reply leads to.
  public enum Step: Equatable, Sendable {
    /// These, in this order, and nothing if nothing is new.
    case occurrences([Occurrence])
    /// Something was missed: only a new snapshot can tell what is so now.
    case needsSnapshot
  }

  /// The states told last.
  public private(set) var states: [HostName: String] = [:]
  /// The number of the last event, nil before the first snapshot of a connection.
  private var last: Int?

  public init() {}

  /// Takes a reply.
  public mutating func receive(_ reply: WatchReply) -> Step {
    if let snapshot = reply.snapshot {
      last = snapshot.daemon.event
      return .occurrences(found(in: snapshot))
    }
    guard reply.missed == nil, let event = reply.event, let last, event.number == last &+ 1 else {
      last = nil
      return .needsSnapshot
    }
    self.last = event.number
    let occurrence = Occurrence(event)
    if event.kind == .transition, let host = occurrence.host, let state = event.to { states[host] = state }
    return .occurrences([occurrence])
  }

  /// The daemon has been away for so long that nobody here is MASTER: its addresses are gone by their leases.
  ///
  /// - Parameter time: now, RFC 3339.
  public mutating func daemonIsGone(time: String) -> [Occurrence] {
    last = nil
    return states.keys.sorted().compactMap { host in
      change(of: host, to: "INIT", reason: "daemon-gone", text: "carpd is gone", time: time)
    }
  }

  private mutating func found(in snapshot: ShowReply) -> [Occurrence] {
    var occurrences: [Occurrence] = []
    var present: Set<HostName> = []
    for status in snapshot.virtualHosts {
      let host = HostName(interface: status.interface, vhid: status.vhid)
      present.insert(host)
      let text = status.reason.isEmpty ? "found so" : status.reason
      let change = change(of: host, to: status.state, reason: "found", text: text, time: status.since)
      occurrences += [change].compactMap { $0 }
    }
    let time = snapshot.virtualHosts.map(\.since).max() ?? ""
    for host in states.keys.sorted() where !present.contains(host) {
      let change = change(of: host, to: "INIT", reason: "removed", text: "no longer configured", time: time)
      occurrences += [change].compactMap { $0 }
      states[host] = nil
    }
    return occurrences
  }

  private mutating func change(
    of host: HostName, to state: String, reason: String, text: String, time: String
  ) -> Occurrence? {
    let former = states[host]
    guard former != state else { return nil }
    states[host] = state
    let line = "carp: VHID \(host.vhid)@\(host.interface): \(former ?? "?") -> \(state) (\(text))"
    var event = EventReport(.transition, reason: reason, text: line)
    event.time = time
    (event.interface, event.vhid) = (host.interface, host.vhid)
    (event.from, event.to) = (former, state)
    return Occurrence(event, isFound: true)
  }
}

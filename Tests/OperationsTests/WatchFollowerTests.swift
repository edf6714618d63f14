import Control
import Testing

@testable import Operations

struct WatchFollowerTests {
  /// "vhid: old -> new reason", with a mark for what was found and not told as an event.
  private func said(_ step: WatchFollower.Step) -> [String] {
    guard case .occurrences(let occurrences) = step else { return ["needs snapshot"] }
    return said(occurrences)
  }
  private func said(_ occurrences: [Occurrence]) -> [String] {
    occurrences.map {
      "\($0.event.vhid ?? 0): \($0.event.from ?? "?") -> \($0.event.to ?? "?")\($0.isFound ? " \($0.event.reason)" : "")"
    }
  }

  @Test func theFirstSnapshotTellsEverything() {
    var follower = WatchFollower()
    let step = follower.receive(Samples.snapshot([Samples.status(1, "MASTER"), Samples.status(2, "BACKUP")]))
    #expect(said(step) == ["1: ? -> MASTER found", "2: ? -> BACKUP found"])
  }

  @Test func eventsPassAndCountAsTold() {
    var follower = WatchFollower()
    _ = follower.receive(Samples.snapshot([Samples.status(1, "BACKUP")], event: 6))
    #expect(
      said(follower.receive(WatchReply(event: Samples.transition(7, "BACKUP", "MASTER")))) == ["1: BACKUP -> MASTER"])
    #expect(said(follower.receive(Samples.snapshot([Samples.status(1, "MASTER")], event: 7))) == [])
  }

  @Test func aRestartTellsTheDifferenceOnly() {
    var follower = WatchFollower()
    _ = follower.receive(Samples.snapshot((1...3).map { Samples.status($0, "BACKUP") }, event: 40))
    // The numbering began anew, vhid 2 became MASTER unseen, and vhid 3 is no longer configured.
    let step = follower.receive(Samples.snapshot([Samples.status(1, "BACKUP"), Samples.status(2, "MASTER")], event: 3))
    #expect(said(step) == ["2: BACKUP -> MASTER found", "3: BACKUP -> INIT removed"])
    #expect(follower.states[HostName(interface: "eth0", vhid: 3)] == nil)
  }

  @Test(arguments: [
    WatchReply(missed: 5), WatchReply(event: Samples.transition(9, "BACKUP", "MASTER")),
    WatchReply(event: Samples.transition(7, "BACKUP", "MASTER")),
  ])
  func aGapNeedsASnapshot(reply: WatchReply) {
    var follower = WatchFollower()
    _ = follower.receive(Samples.snapshot([Samples.status(1, "BACKUP")], event: 7))
    #expect(follower.receive(reply) == .needsSnapshot)
    // What still comes before the snapshot is part of it, or comes again.
    #expect(follower.receive(WatchReply(event: Samples.transition(10, "BACKUP", "INIT"))) == .needsSnapshot)
    let step = follower.receive(Samples.snapshot([Samples.status(1, "MASTER")], event: 12))
    #expect(said(step) == ["1: BACKUP -> MASTER found"])
  }

  @Test func withoutADaemonNothingIsMaster() {
    var follower = WatchFollower()
    let snapshot = Samples.snapshot([Samples.status(1, "MASTER"), Samples.status(2, "INIT")])
    _ = follower.receive(snapshot)
    #expect(said(follower.daemonIsGone(time: "t")) == ["1: MASTER -> INIT daemon-gone"])
    #expect(said(follower.daemonIsGone(time: "t")) == [])
    #expect(said(follower.receive(snapshot)) == ["1: INIT -> MASTER found"])
  }
}

import CARP

// Rule Administrator: FreeBSD's `state master` and `state backup` (CARP section 6), and roles that are handed over. Who gives
// the role away bows out, where FreeBSD falls silent and lets the others wait for their timers.
extension Election {
  mutating func force(_ wanted: State, at now: Instant) -> [Effect] {
    let fellows: [Effect] = parameters.sharesFate ? [.fellows(.force(wanted))] : []
    return switch (state, wanted) {
    case (.backup, .master) where !isHeldByFate: becomeMaster(.userRequested, at: now) + fellows
    case (.master, .backup): giveAway(at: now) + fellows
    default: []
    }
  }

  /// A role that this node held all along is taken up at once, without an election.
  mutating func adopt(at now: Instant) -> [Effect] {
    guard state != .master else { return [] }
    return becomeMaster(.handedOver, at: now)
  }

  /// MASTER yields at once, to whom it may concern.
  mutating func giveAway(at now: Instant) -> [Effect] {
    becomeBackup(.userRequested, at: now, waiting: leavingTheRole, leavingBy: .bowOut)
  }

  /// Long enough for every other node's master-down timer to fire first. FreeBSD waits by the own skew, and so a former
  /// master, which is usually the one with the lowest skew, gets the role back that it was told to give away.
  private var leavingTheRole: Interval {
    .masterDown(advbase: parameters.advbase, advskew: .max)
  }
}

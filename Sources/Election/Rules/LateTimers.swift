import CARP

// Rule Late timers listen before they speak: a node that slept for more than two intervals (a paused virtual machine, an
// overloaded host) cannot know whether another one has taken the role meanwhile. It listens for the longest interval at
// which a master can advertise; if it hears one, the ordinary master-down timer runs, otherwise it takes the role.
//
// With advbase 0 two intervals can be 8 ms, which a busy machine's scheduler alone is late by, and listening then costs
// the addresses up to a second without owner. So nothing below a tenth of a second counts as sleep: whoever took the
// role in that time is heard before the timers are looked at, and the ordinary comparison settles it.
extension Election {
  /// Nanoseconds by which a timer may always be late; the supervisor calls no less a stall either.
  private static let tolerance: UInt64 = 100_000_000

  /// Before every event: is anything overdue by more than two intervals?
  mutating func listenIfLate(at now: Instant) -> [Effect] {
    if let due = schedule?.next, isTooLate(for: due, at: now) {
      return listenAsMaster(at: now)
    }
    return []
  }

  mutating func ranLate(at now: Instant) -> [Effect] {
    switch state {
    case .initial: return []
    case .master: return listenAsMaster(at: now)
    case .backup:
      listenAsBackup(at: now)
      return []
    }
  }

  /// A master-down timer that is itself too late for the silence to prove anything. Only once in a row: a machine that
  /// is always late must still take over at last.
  mutating func listensInstead(of due: Instant, at now: Instant) -> Bool {
    guard !isListening, isTooLate(for: due, at: now) else { return false }
    listenAsBackup(at: now)
    return true
  }

  private func isTooLate(for due: Instant, at now: Instant) -> Bool {
    morePassed(than: 2, intervalsSince: due, at: now) && now.nanoseconds(since: due) > Election.tolerance
  }

  private mutating func listenAsMaster(at now: Instant) -> [Effect] {
    lateTimers &+= 1
    let effects = becomeBackup(.ranLate, at: now, waiting: listening)
    isListening = true
    return effects
  }

  private mutating func listenAsBackup(at now: Instant) {
    guard !isListening else { return }
    lateTimers &+= 1
    let due = masterDown
    armMasterDown(at: now, waiting: listening)
    if let due, let armed = masterDown { masterDown = max(due, armed) }
    isListening = true
  }

  private var listening: Interval { .longestAdvertisement(advbase: parameters.advbase) }
}

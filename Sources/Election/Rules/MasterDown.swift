import CARP

// Rule One master-down timer: the advertisement of either family re-arms it. The BSDs have one per family (CARP section
// 5.3), which makes a group flap as soon as one family's multicast is broken.
extension Election {
  /// Waits for a master from now on: a master-down timeout, or another given one, but not less than a hold-down lasts.
  mutating func armMasterDown(at now: Instant, waiting timeout: Interval? = nil) {
    isListening = false
    let due = now.advanced(by: timeout ?? masterDownTimeout)
    masterDown = max(due, heldDownUntil ?? due)
  }

  mutating func masterDownTimer(at now: Instant) -> [Effect] {
    guard state == .backup, let due = masterDown, due <= now else { return [] }
    if isHeldByFate {
      armMasterDown(at: now)
      return []
    }
    if listensInstead(of: due, at: now) { return [] }
    return becomeMaster(.masterTimedOut, at: now)
  }
}

// Rule Hold-down: a node that just failed to serve leaves the role to others for a while, and so does one that has just
// started, if it is to. Within a hold-down neither a timeout nor a slower master nor a bow-out makes it MASTER; an
// administrator and a handed-over role do.
extension Election {
  /// The addresses could not be set: no new try for a master-down timeout.
  mutating func acquireFailed(at now: Instant) -> [Effect] {
    fail(.acquireFailed, until: now.advanced(by: masterDownTimeout), at: now)
  }

  /// Somebody on this machine removes the addresses: no new try for 5 s.
  mutating func addressLost(at now: Instant) -> [Effect] {
    fail(.addressLost, until: now.advanced(byMicroseconds: 5_000_000), at: now)
  }

  /// The machine is not ready yet: nothing is taken until `end`.
  mutating func hold(until end: Instant) -> [Effect] {
    heldDownUntil = max(end, heldDownUntil ?? end)
    if let due = masterDown { masterDown = max(due, end) }
    return []
  }

  func isHeldDown(at now: Instant) -> Bool {
    guard let heldDownUntil else { return false }
    return now < heldDownUntil
  }

  private mutating func fail(_ reason: Reason, until end: Instant, at now: Instant) -> [Effect] {
    guard state == .master else { return [] }
    heldDownUntil = end
    failedUntil = end
    return becomeBackup(reason, at: now)
  }
}

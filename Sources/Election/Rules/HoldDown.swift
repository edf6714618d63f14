// Rule Hold-down: a node that just failed to serve leaves the role to others for a while. Within it neither a timeout nor
// a slower master nor a bow-out makes it MASTER; an administrator and a handed-over role do.
extension Election {
  /// The addresses could not be set: no new try for a master-down timeout.
  mutating func acquireFailed(at now: Instant) -> [Effect] {
    guard state == .master else { return [] }
    heldDownUntil = now.advanced(by: masterDownTimeout)
    return becomeBackup(.acquireFailed, at: now)
  }

  /// Somebody on this machine removes the addresses: no new try for 5 s.
  mutating func addressLost(at now: Instant) -> [Effect] {
    guard state == .master else { return [] }
    heldDownUntil = now.advanced(byMicroseconds: 5_000_000)
    return becomeBackup(.addressLost, at: now)
  }

  func isHeldDown(at now: Instant) -> Bool {
    guard let heldDownUntil else { return false }
    return now < heldDownUntil
  }
}

import CARP

// Rule Reconfiguration: new parameters hold at once and never cost the role.
extension Election {
  /// Takes new parameters without leaving the state. A MASTER advertises a new rank at once; a BACKUP's wait is
  /// lengthened or shortened, but never ends sooner than a new timeout from now or the old one.
  public mutating func reconfigure(_ new: Parameters, at now: Instant) -> [Effect] {
    guard !isStopped, new != parameters else { return [] }
    let late = listenIfLate(at: now)
    let oldRank = rank
    let oldTimeout = masterDownTimeout
    parameters = new
    if !new.sharesFate { isHeldByFate = false }
    moveMasterDown(from: oldTimeout, at: now)
    return late + forgetRemovedFamilies() + (rank == oldRank ? [] : advertiseChange(at: now))
  }

  mutating func moveMasterDown(from oldTimeout: Interval, at now: Instant) {
    guard let due = masterDown, !isListening else { return }
    let newTimeout = masterDownTimeout
    if newTimeout > oldTimeout {
      masterDown = due.advanced(byMicroseconds: newTimeout.microseconds - oldTimeout.microseconds)
    } else {
      masterDown = max(min(due, now.advanced(by: newTimeout)), heldDownUntil ?? now)
    }
  }

  private mutating func forgetRemovedFamilies() -> [Effect] {
    let removed = Family.allCases.filter { silentFamilies.contains($0) && !families.contains($0) }
    silentFamilies.subtract(removed)
    return removed.map { .familySilent($0, false) }
  }
}

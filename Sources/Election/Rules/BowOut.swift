// Rule Bow-out (CARP section 6.1): a MASTER that stops says so with 255/255, and every BACKUP takes over at once, without
// preempt and whatever its advbase; on FreeBSD an advbase of 86 or more waits for the timeout.
extension Election {
  mutating func heardBowOut(at now: Instant) -> [Effect] {
    // After late timers the bow-out may be an old one: go on listening for as long as was meant.
    if isListening { return [] }
    if isHeldByFate {
      armMasterDown(at: now)
      return []
    }
    if let end = heldDownUntil, now < end {
      masterDown = end
      return []
    }
    return becomeMaster(.masterWillTimeOut, at: now)
  }

  /// The bow-out goes first: the sooner it is out, the sooner another node serves.
  mutating func stop(at now: Instant) -> [Effect] {
    let bowOut: [Effect] = state == .master ? [.bowOut] : []
    isStopped = true
    lastUnverified = nil
    return bowOut + becomeInitial(.stopping, at: now) + undoDemotions()
  }
}

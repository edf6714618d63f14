import CARP

// Rule Preemption (CARP section 5.5): with preempt a BACKUP takes the role from a worse master. Beyond FreeBSD it may have
// to wait: for `preemptDelay`, counted from the first advertisement of a worse master, so that a machine that comes back
// is not MASTER before it is ready; and by rule Flap damping. A master that was not worse before, and so has just demoted
// itself, is replaced without the delay: it wants to go.
extension Election {
  /// A master that is not going away announced this interval, as BACKUP.
  mutating func compare(with interval: Interval, at now: Instant) {
    // What is heard first after late timers may be old (rule Late timers).
    if isListening { return }
    let hasWorsened = masterInterval.map { $0 <= rank } ?? false
    masterInterval = interval
    if rank >= interval {
      preemptFrom = nil
    } else if preemptFrom == nil {
      preemptFrom = hasWorsened ? now : now.advanced(byMicroseconds: UInt64(parameters.preemptDelay) * 1000)
    }
  }

  /// What BACKUP knew of the master is of no use any more.
  mutating func forgetMasterInterval() {
    masterInterval = nil
    preemptFrom = nil
  }

  /// Whether the master that was heard last may be preempted.
  ///
  /// - Parameter healing: whether `preempt` does not matter, because this ends a split (rule Shared fate).
  func isReadyToPreempt(at now: Instant, healing: Bool = false) -> Bool {
    guard state == .backup, parameters.preempt || healing, mayTakeOver(at: now), !isDamped(at: now),
      let preemptFrom, preemptFrom <= now, let masterInterval
    else { return false }
    return rank < masterInterval
  }
}

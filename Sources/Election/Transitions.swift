import CARP

// Entering the three states: the only places where `state` changes.
extension Election {
  /// MASTER entry, in FreeBSD's order (CARP section 6), after the addresses are asked for.
  mutating func becomeMaster(_ reason: Reason, at now: Instant) -> [Effect] {
    let entered = enter(.master, reason, at: now)
    heldDownUntil = nil
    failedUntil = nil
    lastMaster = nil
    schedule = Schedule(
      takenOverAt: now, interval: advertisementInterval, usesVirtualMAC: parameters.usesVirtualMAC)
    return [entered, .acquire, advertise, .announce] + leaveBackup()
  }

  /// BACKUP entry from INIT or MASTER: nothing is sent (FreeBSD does not on yielding either) unless a MASTER is to bow
  /// out, and the master-down timer runs from now, for `timeout` if it is not to be the ordinary one.
  mutating func becomeBackup(
    _ reason: Reason, at now: Instant, waiting timeout: Interval? = nil, leavingBy leave: Effect = .release
  ) -> [Effect] {
    let left: [Effect] = state == .master ? [leave] : []
    let entered = enter(.backup, reason, at: now)
    schedule = nil
    forgetMasterInterval()
    armMasterDown(at: now, waiting: timeout)
    return [entered] + left
  }

  /// INIT entry. What becomes of a MASTER's addresses is the caller's to say.
  mutating func becomeInitial(_ reason: Reason, at now: Instant) -> [Effect] {
    guard state != .initial else { return [] }
    let entered = enter(.initial, reason, at: now)
    schedule = nil
    lastMaster = nil
    return [entered] + leaveBackup()
  }

  /// What BACKUP knew of the master ends with it.
  private mutating func leaveBackup() -> [Effect] {
    masterDown = nil
    isListening = false
    forgetMasterInterval()
    return forgetSilence()
  }

  private mutating func enter(_ next: State, _ reason: Reason, at now: Instant) -> Effect {
    let previous = state
    if previous == .master { noteLoss(reason, at: now) }
    state = next
    since = now
    lastReason = reason
    transitions &+= 1
    return .transition(from: previous, to: next, reason)
  }
}

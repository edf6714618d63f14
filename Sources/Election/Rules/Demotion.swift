import CARP

// Rule Demotion (CARP section 6): every change is advertised at once by a MASTER; the slower advertisement lets a
// preempting peer take over within milliseconds.
extension Election {
  mutating func setDemotion(_ sum: Int, at now: Instant) -> [Effect] {
    guard sum != demotion else { return [] }
    demotion = sum
    return advertiseChange(at: now)
  }

  /// Sends what has changed, as MASTER, and goes on in the new interval.
  mutating func advertiseChange(at now: Instant) -> [Effect] {
    guard state == .master else { return [] }
    let interval = advertisementInterval
    schedule?.restart(at: now, interval: interval)
    return [advertise]
  }

  /// Demotes the machine for a cause of this group's, once however often it is told.
  mutating func demote(_ cause: DemotionCause) -> [Effect] {
    demoting.insert(cause).inserted ? [.demote(cause, true)] : []
  }

  /// Takes that back.
  mutating func undoDemotion(_ cause: DemotionCause) -> [Effect] {
    demoting.remove(cause) == nil ? [] : [.demote(cause, false)]
  }

  /// A group that is gone demotes nobody.
  mutating func undoDemotions() -> [Effect] {
    sendErrors = SendErrors()
    return DemotionCause.allCases.flatMap { undoDemotion($0) }
  }
}

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
}

// Rule Maintenance: a node that is worked on gives the role away and is the last to take it, but takes it rather than have
// nobody serve. Demotion alone would not do: without preempt nobody takes a role from a demoted master, and the master-down
// timer does not know of demotion (CARP section 5.2).
extension Election {
  mutating func maintain(_ begins: Bool, at now: Instant) -> [Effect] {
    guard begins != isInMaintenance else { return [] }
    let before = masterDownTimeout
    isInMaintenance = begins
    if begins, state == .master { return giveAway(at: now) }
    moveMasterDown(from: before, at: now)
    return []
  }
}

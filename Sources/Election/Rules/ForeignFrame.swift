// Rule Foreign frame: a frame with the group's virtual MAC from elsewhere has pulled the switches' entry away, so a MASTER
// advertises and announces at once, at most 20 times a second.
extension Election {
  mutating func foreignFrame(at now: Instant) -> [Effect] {
    guard state == .master, isDue(after: lastReclaim, milliseconds: 50, at: now) else { return [] }
    lastReclaim = now
    return [advertise, .announce]
  }
}

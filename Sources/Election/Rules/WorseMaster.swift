// Rule Worse master: a MASTER that hears a worse one advertises and announces again at once, so that the other yields now
// and switches and neighbours learn anew where the role is; and announces once more a second later, because the other
// may have announced itself in between. FreeBSD does nothing (CARP section 12, split brain).
extension Election {
  mutating func answerWorseMaster(at now: Instant) -> [Effect] {
    schedule?.announceAgain(after: now)
    guard isDue(after: lastAnswer, milliseconds: 100, at: now) else { return [] }
    lastAnswer = now
    return [advertise, .announce]
  }

  /// Whether a rate limit allows something that was last done at `last`.
  func isDue(after last: Instant?, milliseconds: UInt64, at now: Instant) -> Bool {
    guard let last else { return true }
    return now.nanoseconds(since: last) >= milliseconds * 1_000_000
  }
}

// Rule Flap damping: a virtual host that lost the role three times within `damping` does not preempt until so long after
// the last time. It still takes over from a master that is silent or says goodbye, so damping costs no service.
extension Election {
  private static let losses = 3

  /// The role was given up because of something that happened, not because somebody asked for it.
  mutating func noteLoss(_ reason: Reason, at now: Instant) {
    switch reason {
    case .userRequested, .stopping: return
    default: lossesOfRole = lossesOfRole.suffix(Self.losses - 1) + [now]
    }
  }

  func isDamped(at now: Instant) -> Bool {
    let damping = UInt64(parameters.damping) * 1_000_000
    guard damping > 0, lossesOfRole.count == Self.losses, let first = lossesOfRole.first, let last = lossesOfRole.last
    else { return false }
    return last.nanoseconds(since: first) <= damping && now.nanoseconds(since: last) < damping
  }
}

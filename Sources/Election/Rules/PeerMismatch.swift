import CARP

// Rule Peer mismatch: advertisements that do not verify change no state, as on FreeBSD, since anyone without the key could
// otherwise block a failover. But they are the commonest misconfiguration (CARP section 3), so they are reported.
extension Election {
  mutating func heardUnverified(at now: Instant) -> [Effect] {
    let isNew = lastUnverified == nil
    lastUnverified = now
    return isNew ? [.peerMismatch(true)] : []
  }

  /// A verified advertisement ends the mismatch if the last unverified one is more than a master-down timeout old.
  mutating func verifiedAgain(at now: Instant) -> [Effect] {
    guard let lastUnverified,
      lastUnverified.advanced(byMicroseconds: max(masterDownTimeout.microseconds, Election.mismatchQuiet / 3)) < now
    else { return [] }
    self.lastUnverified = nil
    return [.peerMismatch(false)]
  }

  /// With sub-second intervals a mismatch would else begin and end many times a second, each time with a line in the log.
  private static let mismatchQuiet: UInt64 = 10_000_000

  /// So does silence for three of them, but not less than ten seconds.
  mutating func endMismatch(at now: Instant) -> [Effect] {
    guard let mismatchEnds, mismatchEnds <= now else { return [] }
    lastUnverified = nil
    return [.peerMismatch(false)]
  }

  var mismatchEnds: Instant? {
    lastUnverified?.advanced(byMicroseconds: max(3 * masterDownTimeout.microseconds, Election.mismatchQuiet))
  }
}

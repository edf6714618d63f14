import CARP

/// What one group signs its advertisements with, and what it accepts.
///
/// Password and addresses cannot change on all machines at once, and a machine that finds advertisements wrong takes the
/// role: rolled out one by one, a change would make two masters. So the first machine to be reloaded goes on signing with
/// the old set, which is all that the others know, for one transition time; by then all must have been reloaded. The old
/// set is accepted for two of them, since the master may be the last to be reloaded, and then signs with it for one more.
struct DigestSets {
  private struct Old {
    let authenticator: Authenticator
    /// Until when it is accepted, CLOCK_MONOTONIC in nanoseconds.
    let accepted: UInt64
  }

  /// Old sets kept at most: one for each of the last reloads.
  private static let limit = 4
  private var current: Authenticator
  private var old: [Old] = []
  /// The old set that is signed with, and until when.
  private var signing: (authenticator: Authenticator, until: UInt64)?

  init(_ authenticator: Authenticator) {
    current = authenticator
  }

  /// Changes the set.
  ///
  /// - Parameters:
  ///   - now: CLOCK_MONOTONIC in nanoseconds.
  ///   - transition: nanoseconds within which all machines are reloaded; with 0 the new set alone counts at once.
  mutating func change(to authenticator: Authenticator, at now: UInt64, transition: UInt64) {
    let signer = signer(at: now)
    old = old.filter { $0.accepted > now && transition > 0 }.suffix(Self.limit - 2)
    signing = nil
    if transition > 0 {
      let end = now.addingReportingOverflow(transition).partialValue
      signing = (signer, end)
      let accepted = end.addingReportingOverflow(transition).partialValue
      old += [current, signer].map { Old(authenticator: $0, accepted: accepted) }
    }
    current = authenticator
  }

  /// What advertisements are signed with.
  func signer(at now: UInt64) -> Authenticator {
    if let signing, now < signing.until { return signing.authenticator }
    return current
  }

  /// Whether the digest of `advertisement` is right by a set that is accepted.
  func verifies(_ advertisement: Advertisement, at now: UInt64) -> Bool {
    current.verifies(advertisement)
      || old.contains { now < $0.accepted && $0.authenticator.verifies(advertisement) }
  }

  /// Until when an old set is accepted, CLOCK_MONOTONIC in nanoseconds; nil if none is any more.
  func transitionEnd(at now: UInt64) -> UInt64? {
    old.map(\.accepted).filter { $0 > now }.max()
  }

  /// Whether the old set has just been signed with for the last time: true once.
  mutating func endsSigningWithOld(at now: UInt64) -> Bool {
    guard let signing, signing.until <= now else { return false }
    self.signing = nil
    return true
  }
}

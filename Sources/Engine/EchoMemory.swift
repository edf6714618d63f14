import CARP

/// What a group sent lately, so that its own packets are recognised when a switch sends them back (CARP section 4.4).
struct EchoMemory {
  private struct Sent: Equatable {
    let counter: UInt64
    let digest: CARP.Digest
  }
  private var advertised = RecentValues<Sent>(capacity: 32)
  // Apart, since a deposited packet may leave long after it was made: eight of each family.
  private var deposited = RecentValues<Sent>(capacity: 16)

  mutating func advertised(counter: UInt64, digest: CARP.Digest) {
    advertised.append(Sent(counter: counter, digest: digest))
  }
  mutating func deposited(counter: UInt64, digest: CARP.Digest) {
    deposited.append(Sent(counter: counter, digest: digest))
  }

  /// Whether `advertisement` has counter and digest of one of them.
  func contains(_ advertisement: Advertisement) -> Bool {
    let sent = Sent(counter: advertisement.counter, digest: advertisement.digest)
    return advertised.contains(sent) || deposited.contains(sent)
  }
}

/// The counter of a group's advertisements (CARP section 2): random at first, one more for each packet, and taken over
/// from authenticated peers, so that a node that takes over goes on where the last one was.
struct CounterSequence {
  /// Own values this recent are never sent again: twice as many as the supervisor remembers, since it does not count
  /// those that were deposited.
  static let remembered = 128

  private var last: UInt64
  private var used = RecentValues<UInt64>(capacity: remembered)
  // OpenBSD drops an advertisement with the value of its own, which never changes.
  private var heard = RecentValues<UInt64>(capacity: 16)

  init(using generator: inout some RandomNumberGenerator) {
    last = generator.next()
  }

  /// The value for the next packet.
  mutating func next() -> UInt64 {
    repeat { last &+= 1 } while used.contains(last) || heard.contains(last)
    used.append(last)
    return last
  }

  /// An authenticated advertisement carried `received`.
  mutating func adopt(_ received: UInt64) {
    heard.append(received)
    last = received
  }
}

import CARP
import Channel
import Linux

/// Spare advertisements that the supervisor is still to get, for the time when there is no engine. They are sent a few
/// at a time: all at once they would crowd out what is urgent.
struct Deposits {
  /// What the supervisor has of each family of a group at least, and what it keeps at most.
  static let spare = 6
  static let limit = 8
  /// Sent at a time.
  static let portion = 32

  private(set) var owed: [(group: Group, family: CARP.Family)] = []
  var isScheduled = false
  /// When every group got a fresh one last, CLOCK_MONOTONIC in nanoseconds.
  var renewed: UInt64?

  /// Puts `count` of each family in line.
  mutating func owe(_ group: Group, _ count: Int) {
    for _ in 0..<count {
      for family in group.families { owed.append((group, family)) }
    }
  }

  /// Strikes what is owed of groups that are no more.
  mutating func forgetOthers(than groups: [Group]) {
    let known = Set(groups.map(ObjectIdentifier.init))
    owed.removeAll { !known.contains(ObjectIdentifier($0.group)) }
  }

  /// The next ones to be sent.
  mutating func next() -> ArraySlice<(group: Group, family: CARP.Family)> {
    let portion = owed.prefix(Self.portion)
    owed.removeFirst(portion.count)
    return portion
  }
}

extension Engine {
  /// Begins to send what is owed, and every minute one more: what lies too long is worth nothing to a backup that has
  /// counted on.
  func refreshDeposits(now: UInt64) {
    // All that the supervisor keeps was made with what nobody accepts any more soon.
    for group in groups where group.endsSigningWithOld(at: now) { deposits.owe(group, Deposits.limit) }
    if let renewed = deposits.renewed {
      if now - renewed >= 60_000_000_000 {
        deposits.renewed = now
        for group in groups { deposits.owe(group, 1) }
      }
    } else {
      deposits.renewed = now
    }
    payDeposits()
  }

  /// Sends a portion, and the others soon.
  func payDeposits() {
    guard !deposits.isScheduled, !isEnding else { return }
    for (group, family) in deposits.next() { deposit(group, family) }
    guard !deposits.owed.isEmpty else { return }
    deposits.isScheduled = true
    loop.after(milliseconds: 5) { [weak self] in
      self?.deposits.isScheduled = false
      self?.payDeposits()
    }
  }

  private func deposit(_ group: Group, _ family: CARP.Family) {
    let counter = group.counters.next()
    guard let digest = group.digests.signer(at: EventLoop.now()).digest(counter: counter) else { return }
    var message = Advertise()
    message.group = group.index
    message.family = Channel.Family(family)
    message.counter = counter
    message.digest = digest.bytes
    group.echoes.deposited(counter: counter, digest: digest)
    channel.send(.deposit(message))
  }
}

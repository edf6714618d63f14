import Channel

/// Folds equal acts that follow each other within a second. The first is passed on at once, so that a crash cannot lose
/// it; those after it become one record with their number.
struct AuditorFolding {
  /// How long equal records are folded, in nanoseconds.
  static let period: UInt64 = 1_000_000_000

  private var first: Record?
  private var repeats: Record?
  private var end: UInt64 = 0

  /// How many of the last records are still to be passed on.
  private(set) var pending: UInt64 = 0

  /// Takes a record at `now` (CLOCK_MONOTONIC, nanoseconds).
  ///
  /// - Returns: the records to be written now.
  mutating func add(_ record: Record, now: UInt64) -> [Record] {
    if let first, now < end, AuditorFolding.areEqual(first, record) {
      repeats = repeats.map { AuditorFolding.sum($0, record) } ?? record
      pending += 1
      return []
    }
    let ready = flush()
    first = record
    end = now + AuditorFolding.period
    return ready + [record]
  }

  /// The repeats, if their second is over at `now`, or in any case without it.
  mutating func flush(now: UInt64? = nil) -> [Record] {
    if let now, now < end { return [] }
    defer { (first, repeats, pending) = (nil, nil, 0) }
    return repeats.map { [$0] } ?? []
  }

  private static func areEqual(_ a: Record, _ b: Record) -> Bool {
    a.act == b.act && a.decision == b.decision && a.origin == b.origin && a.object == b.object && a.cause == b.cause
      && a.errno == b.errno
  }

  /// The later record, with the count and duration of both.
  private static func sum(_ earlier: Record, _ later: Record) -> Record {
    var sum = later
    sum.count = UInt32(clamping: UInt64(earlier.count) + UInt64(later.count))
    sum.duration = earlier.duration &+ later.duration
    return sum
  }
}

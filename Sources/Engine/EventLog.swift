import Control

/// The last events, numbered from 1 since this engine began.
struct EventLog {
  static let capacity = 1000

  /// Tells this numbering from that of another engine.
  let boot: String
  private var kept = RecentValues<EventReport>(capacity: capacity)
  /// The number of the last event; 0 before the first.
  private(set) var last = 0

  init(using generator: inout some RandomNumberGenerator) {
    let digits = String(generator.next(), radix: 16)
    boot = String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The number of the oldest event that is kept; 1 before the first.
  var first: Int { max(1, last - Self.capacity + 1) }

  /// Keeps an event, and returns it with its number.
  mutating func append(_ event: EventReport) -> EventReport {
    last += 1
    var event = event
    event.number = last
    kept.append(event)
    return event
  }

  /// Those with a number above `number`, in order.
  func events(since number: Int) -> [EventReport] {
    kept.inOrder.filter { $0.number > number }
  }
}

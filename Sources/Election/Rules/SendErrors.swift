/// Rule Send errors (CARP section 6.2, FreeBSD 14 and later): three errors demote the machine once, three successes in a
/// row take that back; an error in between makes the successes count anew. Both families count together.
struct SendErrors: Equatable, Sendable {
  /// How many errors demote, and how many successes end it.
  private static let limit = 3
  private var errors = 0
  private var successes = 0

  /// Whether to demote now, if that is not done yet.
  mutating func failed() -> Bool {
    successes = 0
    errors = min(errors + 1, Self.limit)
    return errors == Self.limit
  }

  /// Whether to take a demotion back now: the errors are forgotten.
  mutating func succeeded() -> Bool {
    guard errors > 0 else { return false }
    successes += 1
    guard successes == Self.limit else { return false }
    self = SendErrors()
    return true
  }
}

extension Election {
  mutating func sendFailed() -> [Effect] {
    sendErrors.failed() ? demote(.sendErrors) : []
  }

  mutating func sendSucceeded() -> [Effect] {
    sendErrors.succeeded() ? undoDemotion(.sendErrors) : []
  }
}

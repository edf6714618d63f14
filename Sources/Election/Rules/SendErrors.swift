/// Rule Send errors (CARP section 6.2, FreeBSD 14 and later): three errors demote the node once, three successes in a row
/// take that back. Both families count together.
struct SendErrors: Equatable, Sendable {
  private(set) var isDemoted = false
  private var errors = 0
  private var successes = 0

  /// The demotion that too many errors bring.
  static let demotion = 240

  /// Whether to demote now.
  mutating func failed() -> Bool {
    successes = 0
    errors = min(errors + 1, 3)
    guard errors == 3, !isDemoted else { return false }
    isDemoted = true
    return true
  }

  /// Whether to take the demotion back now.
  mutating func succeeded() -> Bool {
    guard errors > 0 else { return false }
    successes += 1
    guard successes == 3 else { return false }
    let wasDemoted = isDemoted
    self = SendErrors()
    return wasDemoted
  }
}

extension Election {
  mutating func sendFailed() -> [Effect] {
    sendErrors.failed() ? [.demote(SendErrors.demotion)] : []
  }

  mutating func sendSucceeded() -> [Effect] {
    sendErrors.succeeded() ? [.demote(-SendErrors.demotion)] : []
  }

  /// A group that is gone demotes nobody.
  mutating func undoSendErrorDemotion() -> [Effect] {
    let wasDemoted = sendErrors.isDemoted
    sendErrors = SendErrors()
    return wasDemoted ? [.demote(-SendErrors.demotion)] : []
  }
}

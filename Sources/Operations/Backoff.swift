/// How long to wait before something is tried again: each time twice as long, up to a limit.
public struct Backoff: Sendable {
  private let first: UInt64
  private let limit: UInt64
  private var current: UInt64

  /// Milliseconds, at first and at most.
  public init(first: UInt64, limit: UInt64) {
    self.first = first
    self.limit = limit
    current = first
  }

  /// Milliseconds to wait now.
  public mutating func next() -> UInt64 {
    defer { current = min(limit, current * 2) }
    return current
  }

  /// It worked: the next wait is the first one again.
  public mutating func reset() { current = first }
}

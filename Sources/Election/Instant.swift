public import CARP

/// A moment on CLOCK_MONOTONIC. The election never reads a clock: every event brings its moment with it.
public struct Instant: Comparable, Hashable, Sendable {
  /// Nanoseconds since the clock's own start.
  public var nanoseconds: UInt64

  public init(nanoseconds: UInt64) {
    self.nanoseconds = nanoseconds
  }

  /// The moment so much later; the last representable moment if that is beyond it.
  public func advanced(byNanoseconds duration: UInt64) -> Instant {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(duration)
    return Instant(nanoseconds: overflow ? .max : sum)
  }

  /// The moment so much later; the last representable moment if that is beyond it.
  public func advanced(byMicroseconds duration: UInt64) -> Instant {
    let (product, overflow) = duration.multipliedReportingOverflow(by: 1000)
    return advanced(byNanoseconds: overflow ? .max : product)
  }

  /// The moment an interval later.
  public func advanced(by interval: Interval) -> Instant {
    advanced(byMicroseconds: interval.microseconds)
  }

  /// Nanoseconds from an earlier moment to this one; 0 if that one is not earlier.
  public func nanoseconds(since earlier: Instant) -> UInt64 {
    earlier < self ? nanoseconds - earlier.nanoseconds : 0
  }

  public static func < (left: Instant, right: Instant) -> Bool {
    left.nanoseconds < right.nanoseconds
  }
}

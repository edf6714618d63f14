/// So many a second, and so many at once.
struct TokenBucket {
  private var tokens = Double.infinity
  private var refilled: UInt64 = 0

  /// Takes one at `now` (CLOCK_MONOTONIC, nanoseconds); false if there is none.
  mutating func take(_ now: UInt64, perSecond rate: Double, burst: Double) -> Bool {
    tokens = min(burst, tokens + Double(now - min(refilled, now)) / 1e9 * rate)
    refilled = now
    if tokens < 1 { return false }
    tokens -= 1
    return true
  }
}

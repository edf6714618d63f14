/// A token bucket: so many at once, and so many a second in the long run.
struct Throttle {
  private let perSecond: UInt64
  private let burst: UInt64
  private var tokens: UInt64
  private var last: UInt64 = 0

  init(perSecond: UInt64, burst: UInt64) {
    self.perSecond = max(1, perSecond)
    self.burst = max(1, burst)
    tokens = self.burst
  }

  /// Takes one token, if there is one at `now` (CLOCK_MONOTONIC, nanoseconds).
  mutating func take(now: UInt64) -> Bool {
    let pause = 1_000_000_000 / perSecond
    let earned = now > last ? (now - last) / pause : 0
    if earned >= burst - tokens {
      tokens = burst
      last = now
    } else {
      tokens += earned
      last += earned * pause
    }
    guard tokens > 0 else { return false }
    tokens -= 1
    return true
  }
}

/// A duration made of advbase and advskew: what nodes advertise by, wait by and compare themselves by (CARP sections
/// 5.1, 5.2 and 5.4).
///
/// A skew is always less than a second, so comparing durations is comparing (seconds, microseconds).
public struct Interval: Hashable, Comparable, Sendable {
  /// The length in microseconds, at most 765 s and 996,093 us.
  public let microseconds: UInt64

  /// advbase seconds and advskew / 256 seconds, the latter rounded down to a microsecond.
  ///
  /// This is the key of comparison: the smaller interval is the better node.
  public init(advbase: UInt8, advskew: UInt8) {
    self.init(seconds: UInt64(advbase), advskew: advskew)
  }

  /// The time between two advertisements of a MASTER: `advskew` as announced, that is demoted.
  ///
  /// advbase 0 and advskew 0, which only OpenBSD allows, make 1/256 s, as there.
  public static func advertisement(advbase: UInt8, advskew: UInt8) -> Interval {
    Interval(advbase: advbase, advskew: advbase == 0 ? max(1, advskew) : advskew)
  }

  /// How long a BACKUP waits for the master: 3 * advbase seconds and the **own**, un-demoted skew, not tripled.
  ///
  /// With advbase 0 that would be no longer than one advertisement interval, so there OpenBSD's formula is taken, three
  /// times the interval: FreeBSD has no advbase 0.
  public static func masterDown(advbase: UInt8, advskew: UInt8) -> Interval {
    if advbase == 0 {
      return Interval(microseconds: 3 * advertisement(advbase: 0, advskew: advskew).microseconds)
    }
    return Interval(seconds: 3 * UInt64(advbase), advskew: advskew)
  }

  /// The longest interval at which a master with this advbase can advertise: demoted as far as it goes.
  public static func longestAdvertisement(advbase: UInt8) -> Interval {
    Interval(advbase: advbase, advskew: maximumDemotedSkew)
  }

  /// What a master's announced interval must exceed to be hopelessly slow: 3 * advbase and the own demoted skew.
  public static func hopeless(advbase: UInt8, demotedSkew: UInt8) -> Interval {
    Interval(seconds: 3 * UInt64(advbase), advskew: demotedSkew)
  }

  /// The skew that goes to the wire: advskew + demotion within 0...240, so that 241...254 are sent as 240.
  ///
  /// - Parameter demotion: the sum of all demotions, which may be negative.
  public static func demotedSkew(advskew: UInt8, demotion: Int) -> UInt8 {
    let (sum, overflow) = Int(advskew).addingReportingOverflow(demotion)
    // Only a huge positive demotion can overflow, since a skew is not negative.
    guard !overflow else { return maximumDemotedSkew }
    return UInt8(min(max(sum, 0), Int(maximumDemotedSkew)))
  }

  /// FreeBSD's clamp of a demoted skew.
  public static let maximumDemotedSkew: UInt8 = 240

  public static func < (left: Interval, right: Interval) -> Bool {
    left.microseconds < right.microseconds
  }

  private init(seconds: UInt64, advskew: UInt8) {
    microseconds = seconds * 1_000_000 + UInt64(advskew) * 1_000_000 / 256
  }

  private init(microseconds: UInt64) {
    self.microseconds = microseconds
  }
}

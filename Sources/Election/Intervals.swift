import CARP

// The durations that follow from the parameters and the demotion (CARP section 5.2).
extension Election {
  /// The skew that this node announces and compares itself by: demoted, 0...240.
  public var wireSkew: UInt8 {
    Interval.demotedSkew(advskew: parameters.advskew, demotion: demotion)
  }

  /// Between two advertisements of this node.
  var advertisementInterval: Interval {
    .advertisement(advbase: parameters.advbase, advskew: wireSkew)
  }

  /// From the last sign of a master to taking over.
  var masterDownTimeout: Interval {
    .masterDown(advbase: parameters.advbase, advskew: isInMaintenance ? .max : parameters.advskew)
  }

  /// This node's own rank; the smaller one is better.
  var rank: Interval {
    Interval(advbase: parameters.advbase, advskew: wireSkew)
  }

  /// The effect that sends an advertisement as it is due now. FreeBSD's style: demotion is part of the skew, byte 4 is 0.
  var advertise: Effect {
    .advertise(advbase: parameters.advbase, advskew: wireSkew, demotion: 0)
  }

  /// Whether more than `count` advertisement intervals have passed since `moment`.
  func morePassed(than count: UInt64, intervalsSince moment: Instant, at now: Instant) -> Bool {
    now.nanoseconds(since: moment) / 1000 > count * advertisementInterval.microseconds
  }
}

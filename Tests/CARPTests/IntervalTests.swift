import CARP
import Testing

@Suite("Intervals (CARP section 5.2)")
struct IntervalTests {
  @Test func advertisementInterval() {
    #expect(Interval.advertisement(advbase: 1, advskew: 0).microseconds == 1_000_000)
    #expect(Interval.advertisement(advbase: 1, advskew: 100).microseconds == 1_390_625)
    // netbsd-slow: every 3.01 s would be 2.99 s and the kernel's ticks.
    #expect(Interval.advertisement(advbase: 2, advskew: 254).microseconds == 2_992_187)
    #expect(Interval.advertisement(advbase: 0, advskew: 0).microseconds == 3906)
    #expect(Interval.advertisement(advbase: 255, advskew: 255).microseconds == 255_996_093)
  }

  @Test func masterDownTriplesTheBaseOnly() {
    #expect(Interval.masterDown(advbase: 1, advskew: 100).microseconds == 3_390_625)
    #expect(Interval.masterDown(advbase: 255, advskew: 255).microseconds == 765_996_093)
    #expect(Interval.masterDown(advbase: 0, advskew: 0).microseconds == 3 * 3906)
    #expect(Interval.masterDown(advbase: 0, advskew: 100).microseconds == 3 * 390_625)
  }

  @Test(
    arguments: [
      (100, 0, 100), (100, 240, 240), (254, 0, 240), (100, -50, 50), (100, -500, 0), (0, .max, 240), (254, .max, 240),
      (0, .min, 0), (254, .min, 0),
    ] as [(UInt8, Int, UInt8)])
  func demotedSkewIsClamped(_ advskew: UInt8, _ demotion: Int, _ wire: UInt8) {
    #expect(Interval.demotedSkew(advskew: advskew, demotion: demotion) == wire)
  }

  @Test func baseIsComparedFirst() {
    #expect(Interval(advbase: 1, advskew: 255) < Interval(advbase: 2, advskew: 0))
    #expect(Interval(advbase: 1, advskew: 1) < Interval(advbase: 1, advskew: 2))
    #expect(Interval.hopeless(advbase: 85, demotedSkew: 240) < Interval(advbase: 255, advskew: 255))
    #expect(Interval.hopeless(advbase: 86, demotedSkew: 0) > Interval(advbase: 255, advskew: 255))
  }
}

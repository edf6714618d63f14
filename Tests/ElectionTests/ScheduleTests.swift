import CARP
import Election
import Testing

@Suite("What a MASTER sends")
struct ScheduleTests {
  @Test func regularAndExtraAdvertisements() {
    var node = Node.master()
    let advertised = node.run(until: 6).filter { $0.effect != .announce }
    #expect(advertised.map(\.at) == [0.1, 0.3, 1, 1.390625, 2, 2.78125, 4.171875, 5.5625])
    #expect(advertised.allSatisfy { $0.effect == .advertise(advbase: 1, advskew: 100, demotion: 0) })
  }

  @Test func announcementsAreRepeatedAndThenRefreshed() {
    var node = Node.master()
    let announced = node.run(until: 181).filter { $0.effect == .announce }
    #expect(announced.map(\.at) == [0.005, 0.02, 0.06, 0.15, 0.3, 1, 2, 60, 120, 180])
  }

  @Test func withoutAVirtualMACTheyAreRefreshedMoreOften() {
    var node = Node()
    _ = node.reconfigure(0) { $0.usesVirtualMAC = false }
    _ = node.at(0, .adopt)
    let announced = node.run(until: 31).filter { $0.effect == .announce }
    #expect(announced.map(\.at) == [0.005, 0.02, 0.06, 0.15, 0.3, 1, 2, 10, 20, 30])
  }

  @Test func lateTimersDoNotAddUp() {
    var node = Node.master(advskew: 0)
    _ = node.run(until: 2.5)
    #expect(node.at(3.2, .timer) == [.advertise(advbase: 1, advskew: 0, demotion: 0)])
    #expect(node.deadline == 4)
  }

  @Test func moreThanAnIntervalLateTheRasterBeginsAnew() {
    var node = Node.master(advskew: 0)
    _ = node.run(until: 2.5)
    #expect(node.at(4.5, .timer) == [.advertise(advbase: 1, advskew: 0, demotion: 0)])
    #expect(node.deadline == 5.5)
  }

  @Test func whatIsDueTwiceIsSentOnce() {
    var node = Node.master(advskew: 0)
    #expect(node.at(0.5, .timer) == speak(skew: 0))
    #expect(node.at(0.5, .timer) == [])
  }

  @Test func spuriousTimersSendNothing() {
    var node = Node.master()
    #expect(node.at(0, .timer) == [])
    #expect(node.at(0.004, .timer) == [])
  }

  @Test func advbaseAndAdvskewZeroStillWaitBetweenAdvertisements() {
    var node = Node.backup(advbase: 0, advskew: 0)
    #expect(node.deadline == 0.011718)
    #expect(node.at(0.011718, .timer) == takeover(from: .backup, .masterTimedOut, skew: 0, base: 0))
    #expect(node.deadline == 0.015624)
  }
}

import CARP
import Election
import Testing

@Suite("Rule: one master-down timer")
struct MasterDownTests {
  @Test(arguments: [Node.peer4, Node.peer6]) func eitherFamilyReArmsIt(_ source: Address) {
    var node = Node.backup()
    for second in 1...20 {
      #expect(node.at(Double(second), advertisement(1, 0, from: source)).allSatisfy { !isTransition($0) })
      #expect(node.deadline == Double(second) + 3.390625)
    }
  }

  private func isTransition(_ effect: Effect) -> Bool {
    if case .transition = effect { true } else { false }
  }
}

@Suite("Rule: silent family")
struct SilentFamilyTests {
  /// Three master-down timeouts are 10.171875 s.
  @Test func aFamilyHeardBeforeIsReportedAndTakenBack() {
    var node = Node.backup()
    #expect(node.at(1, advertisement(1, 0, from: Node.peer6)) == [])
    for second in 1...11 { #expect(node.at(Double(second), advertisement(1, 0)) == []) }
    #expect(node.at(12, advertisement(1, 0)) == [.familySilent(.ipv6, true)])
    #expect(node.at(13, advertisement(1, 0)) == [])
    #expect(node.at(14, advertisement(1, 0, from: Node.peer6)) == [.familySilent(.ipv6, false)])
  }

  @Test func aFamilyNeverHeardIsReported() {
    var node = Node.backup()
    for second in 1...10 { #expect(node.at(Double(second), advertisement(1, 0, from: Node.peer6)) == []) }
    #expect(node.at(11, advertisement(1, 0, from: Node.peer6)) == [.familySilent(.ipv4, true)])
  }

  @Test func aFamilyTheGroupDoesNotHaveIsNot() {
    var node = Node.backup(ipv6: false)
    for second in 1...30 { #expect(node.at(Double(second), advertisement(1, 0)) == []) }
  }

  @Test func aMasterKnowsOfNone() {
    var node = Node.backup()
    for second in 1...11 { _ = node.at(Double(second), advertisement(1, 0)) }
    #expect(node.at(12, bowOut) == takeover(from: .backup, .masterWillTimeOut) + [.familySilent(.ipv6, false)])
  }
}

@Suite("Rule: tie-break")
struct TieBreakTests {
  @Test func theHigherIPv4SourceYields() {
    var lower = Node.master()
    #expect(lower.at(0.001, advertisement(1, 100)) == speak())
    var higher = Node.master()
    _ = higher.at(0, .ownSource(.ipv4, Address("192.0.2.103")!))
    #expect(higher.at(0.001, advertisement(1, 100)) == giveUp(.moreFrequentAdvertisement))
  }

  @Test func withoutIPv4TheIPv6SourceDecides() {
    var higher = Node.master(ipv4: false)
    #expect(higher.at(0.001, advertisement(1, 100, from: Node.peer6)) == giveUp(.moreFrequentAdvertisement))
    var lower = Node.master(ipv4: false)
    #expect(lower.at(0.001, advertisement(1, 100, from: Address("fe80::3")!)) == speak())
  }

  /// By IPv4 this node stays and by IPv6 it would go; if both counted, both nodes would go.
  @Test func whereIPv4IsHeardIPv6DoesNotDecide() {
    var node = Node.master()
    #expect(node.at(0.001, advertisement(1, 100)) == speak())
    #expect(node.at(0.002, advertisement(1, 100, from: Node.peer6)) == [])
    #expect(node.state == .master)
  }

  @Test func whereIPv4IsBrokenIPv6Decides() {
    var node = Node.master()
    #expect(node.at(0.001, advertisement(1, 100, from: Node.peer6)) == giveUp(.moreFrequentAdvertisement))
  }

  @Test func anUnknownOwnSourceYields() {
    for source in [nil, Address("0.0.0.0")] {
      var node = Node.master()
      _ = node.at(0, .ownSource(.ipv4, source))
      #expect(node.at(0.001, advertisement(1, 100)) == giveUp(.moreFrequentAdvertisement))
    }
  }

  @Test func anUnspecifiedPeerYields() {
    var node = Node.master()
    #expect(node.at(0.001, advertisement(1, 100, from: Address("0.0.0.0")!)) == speak())
  }

  @Test func theSameSourceYields() {
    var node = Node.master()
    #expect(node.at(0.001, advertisement(1, 100, from: Node.own4)) == giveUp(.moreFrequentAdvertisement))
  }
}

@Suite("Rule: worse master")
struct WorseMasterTests {
  @Test func itIsAnsweredAtOnceTenTimesASecond() {
    var node = Node.master()
    _ = node.run(until: 5)
    #expect(node.at(5, advertisement(1, 200)) == speak())
    #expect(node.at(5.05, advertisement(1, 200)) == [])
    #expect(node.at(5.1, advertisement(1, 200)) == speak())
    #expect(node.state == .master)
  }

  @Test func itIsAnsweredOnceMoreASecondLater() {
    var node = Node.master()
    _ = node.run(until: 5)
    _ = node.at(5, advertisement(1, 200))
    _ = node.at(5.05, advertisement(1, 200))
    #expect(node.run(until: 50).filter { $0.effect == .announce }.map(\.at) == [6])
  }

  @Test func theRegularAdvertisementsGoOn() {
    var node = Node.master()
    _ = node.run(until: 5)
    let due = node.deadline
    _ = node.at(5, advertisement(1, 200))
    #expect(node.deadline == due)
  }
}

@Suite("Rule: audible yield")
struct AudibleYieldTests {
  private static func master() -> Node {
    var node = Node()
    _ = node.reconfigure(0) { $0.usesVirtualMAC = false }
    _ = node.at(0, .adopt)
    return node
  }

  @Test func aBetterMasterHearsOfTheOther() {
    var node = Self.master()
    _ = node.run(until: 5)
    #expect(
      node.at(5, advertisement(1, 50))
        == [.advertise(advbase: 1, advskew: 100, demotion: 0)] + giveUp(.moreFrequentAdvertisement))
  }

  @Test func aTieIsLeftInSilence() {
    var node = Self.master()
    _ = node.run(until: 5)
    #expect(node.at(5, advertisement(1, 100, from: Address("192.0.2.1")!)) == giveUp(.moreFrequentAdvertisement))
  }
}

@Suite("Rule: foreign frame")
struct ForeignFrameTests {
  @Test func aMasterSpeaksAtOnceTwentyTimesASecond() {
    var node = Node.master()
    #expect(node.at(0.5, .foreignFrame) == speak())
    #expect(node.at(0.549, .foreignFrame) == [])
    #expect(node.at(0.55, .foreignFrame) == speak())
  }

  @Test func othersDoNot() {
    var node = Node.backup()
    #expect(node.at(0.5, .foreignFrame) == [])
  }
}

@Suite("Rule: bow-out")
struct BowOutTests {
  @Test(arguments: [1, 85, 86, 255] as [UInt8]) func everyBackupTakesOverAtOnce(_ advbase: UInt8) {
    var node = Node.backup(advbase: advbase)
    #expect(node.at(1, bowOut) == takeover(from: .backup, .masterWillTimeOut, base: advbase))
  }

  @Test func evenWithAdvbaseZero() {
    var node = Node.backup(advbase: 0)
    #expect(node.at(0.001, bowOut) == takeover(from: .backup, .masterWillTimeOut, base: 0))
  }

  @Test func aMasterStaysAndAnnouncesASecondLater() {
    var node = Node.master()
    _ = node.run(until: 5)
    #expect(node.at(5, bowOut) == [])
    #expect(node.state == .master)
    #expect(node.run(until: 50).filter { $0.effect == .announce }.map(\.at) == [6])
  }

  @Test func aStoppingMasterSendsIt() {
    var node = Node.master()
    #expect(node.at(0.001, .stop) == [.bowOut, .transition(from: .master, to: .initial, .stopping)])
    #expect(node.deadline == nil)
  }

  @Test func aStoppingBackupDoesNot() {
    var node = Node.backup()
    #expect(node.at(1, .stop) == [.transition(from: .backup, to: .initial, .stopping)])
  }

  @Test func nothingFollowsAStop() {
    var node = Node.master()
    _ = node.at(0.001, .stop)
    for event in [.linkUp, .adopt, .force(.master), bowOut, .timer, .stop, .unverified(from: Node.peer4)] as [Event] {
      #expect(node.at(1, event) == [])
    }
    #expect(node.reconfigure(2) { $0.advskew = 0 } == [])
    #expect(node.state == .initial)
    #expect(node.deadline == nil)
  }
}

@Suite("Rule: peer mismatch")
struct PeerMismatchTests {
  @Test func itIsReportedOnceAndChangesNoState() {
    var node = Node.backup()
    #expect(node.at(1, .unverified(from: Node.peer4)) == [.peerMismatch(true)])
    #expect(node.at(2, .unverified(from: Node.peer4)) == [])
    #expect(node.election.isPeerMismatch)
    #expect(node.at(3.390625, .timer) == takeover(from: .backup, .masterTimedOut))
  }

  @Test func silenceForThreeTimeoutsEndsIt() {
    var node = Node()
    _ = node.at(1, .unverified(from: Node.peer4))
    #expect(node.deadline == 11.171875)
    #expect(node.at(11.171875, .timer) == [.peerMismatch(false)])
    #expect(!node.election.isPeerMismatch)
  }

  @Test func aVerifiedAdvertisementEndsItAfterATimeout() {
    var node = Node.backup()
    _ = node.at(1, .unverified(from: Node.peer4))
    #expect(node.at(4.39, advertisement(1, 0)) == [])
    #expect(node.at(4.4, advertisement(1, 0)) == [.peerMismatch(false)])
  }
}

@Suite("Rule: late timers listen before they speak")
struct LateTimersTests {
  /// Two intervals are 2.78125 s, the longest interval 1.9375 s.
  @Test func aMasterThatSleptListens() {
    var node = Node.master()
    _ = node.run(until: 5)
    let due = node.deadline!
    #expect(node.at(due + 2.79, .timer) == giveUp(.ranLate))
    #expect(node.election.lateTimers == 1)
    #expect(node.deadline == due + 2.79 + 1.9375)
  }

  @Test func itTakesTheRoleBackIfNobodyIsHeard() {
    var node = Node.master()
    #expect(node.at(5, .ranLate) == giveUp(.ranLate))
    #expect(node.at(6.9375, .timer) == takeover(from: .backup, .masterTimedOut))
  }

  @Test func whateverEventComesFirst() {
    var node = Node.master()
    #expect(node.at(60, advertisement(1, 200)) == giveUp(.ranLate))
    #expect(node.deadline == 63.390625)
    var stopped = Node.master()
    #expect(stopped.at(60, .stop) == giveUp(.ranLate) + [.transition(from: .backup, to: .initial, .stopping)])
  }

  @Test func anyAdvertisementKeepsItQuietAndTheNextMayBePreempted() {
    var node = Node.master(preempt: true)
    _ = node.at(0.001, .ranLate)
    #expect(node.at(1, advertisement(1, 200)) == [])
    #expect(node.deadline == 4.390625)
    #expect(node.at(2, advertisement(1, 200)) == takeover(from: .backup, .preemptingSlowerMaster))
  }

  @Test func aBowOutMayBeAnOldOne() {
    var node = Node.master()
    _ = node.at(0.001, .ranLate)
    #expect(node.at(1, bowOut) == [])
    #expect(node.deadline == 1.9385)
  }

  @Test func aBackupThatSleptListensOnce() {
    var node = Node.backup()
    #expect(node.at(10, .timer) == [])
    #expect(node.state == .backup)
    #expect(node.deadline == 11.9375)
    #expect(node.at(30, .timer) == takeover(from: .backup, .masterTimedOut))
  }

  @Test func aBackupOfWhichTheRelaySleptWaitsLonger() {
    var node = Node.backup()
    #expect(node.at(3, .ranLate) == [])
    #expect(node.deadline == 4.9375)
    #expect(node.at(4, .ranLate) == [])
    #expect(node.deadline == 4.9375)
  }

  @Test func twoIntervalsAreNotTooLate() {
    var node = Node.backup()
    #expect(node.at(3.390625 + 2.78125, .timer) == takeover(from: .backup, .masterTimedOut))
  }

  /// Two intervals of advbase 0 and advskew 1 are 7.8 ms.
  @Test func aTenthOfASecondIsNotTooLateForShortIntervals() throws {
    var master = Node.master(advbase: 0, advskew: 1)
    _ = master.run(until: 5)
    let due = try #require(master.deadline)
    #expect(!master.at(due + 0.1, .timer).isEmpty)
    #expect(master.election.state == .master)
    #expect(master.at(try #require(master.deadline) + 0.101, .timer) == giveUp(.ranLate))
    var backup = Node.backup(advbase: 0, advskew: 1)
    _ = backup.at(0.1, .timer)
    #expect(backup.election.state == .master)
    var slept = Node.backup(advbase: 0, advskew: 1)
    #expect(slept.at(1, .timer) == [])
    #expect(slept.election.lateTimers == 1)
  }
}

@Suite("Rule: hold-down")
struct HoldDownTests {
  @Test func failedAddressesLeaveTheRoleForATimeout() {
    var node = Node.master(preempt: true)
    #expect(node.at(0.001, .acquireFailed) == giveUp(.acquireFailed))
    #expect(node.at(0.002, bowOut) == [])
    #expect(node.at(1, advertisement(1, 200)) == [])
    #expect(node.at(1, advertisement(9, 200)) == [])
    #expect(node.at(3.5, advertisement(1, 200)) == takeover(from: .backup, .preemptingSlowerMaster))
  }

  @Test func aLostAddressLeavesItForFiveSeconds() {
    var node = Node.master(preempt: true)
    #expect(node.at(0.1, .addressLost) == giveUp(.addressLost))
    #expect(node.deadline == 5.1)
    #expect(node.at(1, advertisement(1, 200)) == [])
    #expect(node.deadline == 5.1)
    #expect(node.at(4, bowOut) == [])
    #expect(node.deadline == 5.1)
    #expect(node.at(5.1, .timer) == takeover(from: .backup, .masterTimedOut))
  }

  @Test func anAdministratorIsObeyed() {
    var node = Node.master()
    _ = node.at(0.1, .addressLost)
    #expect(node.at(0.2, .force(.master)) == takeover(from: .backup, .userRequested))
  }

  @Test func onlyAMasterCanFail() {
    var node = Node.backup()
    #expect(node.at(1, .acquireFailed) == [] && node.at(1, .addressLost) == [])
    #expect(node.deadline == 3.390625)
  }
}

@Suite("Rule: maintenance")
struct MaintenanceTests {
  @Test func aMasterBowsOutAndWaitsForAllOthers() {
    var node = Node.master()
    #expect(node.at(1, .maintenance(true)) == [.transition(from: .master, to: .backup, .userRequested), .bowOut])
    #expect(node.at(1.1, .maintenance(true)) == [])
    // Every other backup, with whatever advskew, is first.
    #expect(node.deadline == 4.996093)
    #expect(node.at(4.996093, .timer) == takeover(from: .backup, .masterTimedOut))
  }

  @Test func aBackupTakesOverLast() {
    var node = Node.backup()
    #expect(node.at(1, advertisement(1, 0)) == [])
    #expect(node.deadline == 4.390625)
    #expect(node.at(2, .maintenance(true)) == [])
    #expect(node.deadline == 4.996093)
    #expect(node.at(2.5, advertisement(1, 0)) == [])
    #expect(node.deadline == 6.496093)
    #expect(node.at(3, .maintenance(false)) == [])
    #expect(node.deadline == 6.390625)
  }
}

@Suite("Rule: send errors")
struct SendErrorsTests {
  @Test func threeErrorsDemoteOnceAndThreeSuccessesUndoIt() {
    var node = Node.master()
    #expect(node.at(0, .sendFailed) == [] && node.at(0, .sendFailed) == [])
    #expect(node.at(0, .sendFailed) == [.demote(.sendErrors, true)])
    #expect(node.at(0, .sendFailed) == [])
    #expect(node.at(0, .sendSucceeded) == [] && node.at(0, .sendSucceeded) == [])
    #expect(node.at(0, .sendFailed) == [])
    #expect(node.at(0, .sendSucceeded) == [] && node.at(0, .sendSucceeded) == [])
    #expect(node.at(0, .sendSucceeded) == [.demote(.sendErrors, false)])
    #expect(node.at(0, .sendSucceeded) == [])
  }

  @Test func isolatedErrorsAreForgottenAfterThreeSuccesses() {
    var node = Node.master()
    for _ in 0..<5 {
      _ = node.at(0, .sendFailed)
      _ = node.at(0, .sendFailed)
      for _ in 0..<3 { #expect(node.at(0, .sendSucceeded) == []) }
    }
    #expect(node.at(0, .sendFailed) == [])
  }

  @Test func aStopTakesTheDemotionBack() {
    var node = Node.backup()
    for _ in 0..<3 { _ = node.at(0, .sendFailed) }
    #expect(node.at(1, .stop) == [.transition(from: .backup, to: .initial, .stopping), .demote(.sendErrors, false)])
  }
}

@Suite("Rule: handed-over roles")
struct AdoptionTests {
  @Test func anAdoptedRoleIsTakenUpAtOnce() {
    var initial = Node()
    #expect(initial.at(0, .adopt) == takeover(from: .initial, .handedOver))
    #expect(initial.at(0, .linkUp) == [])
    #expect(initial.at(0, .adopt) == [])
    var backup = Node.backup()
    #expect(backup.at(1, .adopt) == takeover(from: .backup, .handedOver))
  }
}

@Suite("Rule: reconfiguration")
struct ReconfigurationTests {
  @Test func aMasterAdvertisesTheNewRankAtOnceAndStays() {
    var node = Node.master()
    _ = node.run(until: 5)
    #expect(node.reconfigure(5) { $0.advskew = 0 } == [.advertise(advbase: 1, advskew: 0, demotion: 0)])
    #expect(node.deadline == 6)
    #expect(node.state == .master)
  }

  @Test func aMuchShorterIntervalIsNotTakenForALateTimer() {
    var node = Node.master(advbase: 200)
    _ = node.run(until: 150)
    #expect(node.reconfigure(150) { $0.advbase = 1 } == speak().dropLast())
    #expect(node.at(151.390625, .timer) == speak().dropLast())
  }

  @Test func preemptAloneChangesNothingButTheNextComparison() {
    var node = Node.backup()
    #expect(node.reconfigure(1) { $0.preempt = true } == [])
    #expect(node.deadline == 3.390625)
    #expect(node.at(2, advertisement(1, 200)) == takeover(from: .backup, .preemptingSlowerMaster))
  }

  @Test func aLongerTimeoutCountsFromTheLastAdvertisement() {
    var node = Node.backup()
    _ = node.reconfigure(1) { $0.advbase = 2 }
    #expect(node.deadline == 6.390625)
  }

  @Test func aShorterTimeoutCountsFromNow() {
    var node = Node.backup(advbase: 10)
    _ = node.reconfigure(5) { $0.advbase = 1 }
    #expect(node.deadline == 8.390625)
  }

  @Test func aRemovedFamilyIsNoLongerSilent() {
    var node = Node.backup()
    for second in 1...11 { _ = node.at(Double(second), advertisement(1, 0)) }
    #expect(node.reconfigure(12) { $0.ipv6 = false } == [.familySilent(.ipv6, false)])
  }
}

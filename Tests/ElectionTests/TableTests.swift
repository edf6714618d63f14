import CARP
import Election
import Testing

/// The rows of FreeBSD's tables, CARP sections 5.4 and 6.
@Suite("FreeBSD's state machine")
struct TableTests {
  @Test func aNewElectionIsInINITAndWantsNothing() {
    var node = Node()
    #expect(node.state == .initial)
    #expect(node.deadline == nil)
    #expect(node.at(1, .timer) == [])
    #expect(node.at(1, advertisement(1, 0)) == [])
    #expect(node.at(1, bowOut) == [])
    #expect(node.state == .initial)
  }

  @Test func linkUpMakesBACKUP() {
    var node = Node()
    #expect(node.at(0, .linkUp) == [.transition(from: .initial, to: .backup, .initializationComplete)])
    #expect(node.deadline == 3.390625)
    #expect(node.at(1, .linkUp) == [])
    #expect(node.deadline == 3.390625)
  }

  @Test func masterTimedOut() {
    var node = Node.backup()
    #expect(node.at(3.390624, .timer) == [])
    #expect(node.at(3.390625, .timer) == takeover(from: .backup, .masterTimedOut))
    #expect(node.election.lastReason == .masterTimedOut)
    #expect(node.election.since == Node.moment(3.390625))
    #expect(node.election.transitions == 2)
  }

  @Test func aBetterMasterKeepsBACKUP() {
    var node = Node.backup(preempt: true)
    #expect(node.at(1, advertisement(1, 0)) == [])
    #expect(node.election.lastMaster == Node.peer4)
    #expect(node.deadline == 4.390625)
  }

  @Test func anEqualMasterKeepsBACKUP() {
    var node = Node.backup(preempt: true)
    #expect(node.at(1, advertisement(1, 100)) == [])
    #expect(node.deadline == 4.390625)
  }

  @Test func aSlowerMasterKeepsBACKUPWithoutPreempt() {
    var node = Node.backup()
    #expect(node.at(1, advertisement(1, 101)) == [])
    #expect(node.deadline == 4.390625)
  }

  @Test func aSlowerMasterIsPreempted() {
    var node = Node.backup(preempt: true)
    #expect(node.at(1, advertisement(1, 101)) == takeover(from: .backup, .preemptingSlowerMaster))
  }

  @Test func aHopelesslySlowMasterIsReplacedWithoutPreempt() {
    var node = Node.backup()
    // 3 * own advbase and the own skew, against what is announced.
    #expect(node.at(1, advertisement(3, 100)) == [])
    #expect(node.at(2, advertisement(3, 101)) == takeover(from: .backup, .masterWillTimeOut))
  }

  @Test func aBetterMasterMakesMASTERYield() {
    var node = Node.master()
    #expect(node.at(1, advertisement(1, 99)) == giveUp(.moreFrequentAdvertisement))
    #expect(node.election.lastMaster == Node.peer4)
    #expect(node.deadline == 4.390625)
  }

  @Test func linkDownEndsMASTERWithoutAWord() {
    var node = Node.master()
    #expect(
      node.at(1, .linkDown) == [
        .transition(from: .master, to: .initial, .hardwareInterfaceDown), .release, .demote(.interfaceDown, true),
      ])
    #expect(node.deadline == nil)
    #expect(node.at(2, .linkDown) == [])
    #expect(
      node.at(3, .linkUp) == [
        .transition(from: .initial, to: .backup, .initializationComplete), .demote(.interfaceDown, false),
      ])
  }

  @Test func linkDownEndsBACKUP() {
    var node = Node.backup()
    #expect(
      node.at(1, .linkDown) == [
        .transition(from: .backup, to: .initial, .hardwareInterfaceDown), .demote(.interfaceDown, true),
      ])
    #expect(node.deadline == nil)
  }

  @Test func anAdministratorMakesMASTER() {
    var node = Node.backup()
    #expect(node.at(1, .force(.master)) == takeover(from: .backup, .userRequested))
  }

  @Test func anAdministratorMakesBACKUP() {
    var node = Node.master(advskew: 0)
    #expect(node.at(1, .force(.backup)) == [.transition(from: .master, to: .backup, .userRequested), .bowOut])
    // Any other node's timer, armed by the last advertisement, fires before this one.
    #expect(node.deadline == 4.996093)
  }

  @Test func otherRequestsAreIgnored() {
    var initial = Node()
    #expect(initial.at(1, .force(.master)) == [] && initial.at(1, .force(.backup)) == [])
    var backup = Node.backup()
    #expect(backup.at(1, .force(.backup)) == [] && backup.at(1, .force(.initial)) == [])
    var master = Node.master()
    #expect(master.at(0.001, .force(.master)) == [] && master.at(0.001, .force(.initial)) == [])
  }

  @Test func demotionIsAdvertisedAtOnce() {
    var node = Node.master()
    #expect(node.at(0.001, .demotion(240)) == [.advertise(advbase: 1, advskew: 240, demotion: 0)])
    #expect(node.election.wireSkew == 240)
    #expect(node.at(0.002, .demotion(240)) == [])
    #expect(node.at(0.003, .demotion(-100)) == [.advertise(advbase: 1, advskew: 0, demotion: 0)])
  }

  @Test func demotionDecidesComparisonsButNotTheTimeout() {
    var node = Node.backup(preempt: true)
    #expect(node.at(0, .demotion(100)) == [])
    #expect(node.at(1, advertisement(1, 150)) == [])
    #expect(node.deadline == 4.390625)
    #expect(node.at(2, .demotion(0)) == [])
    #expect(node.at(2, advertisement(1, 150)) == takeover(from: .backup, .preemptingSlowerMaster))
  }

  @Test func aTooLargeSkewIsSentAs240() {
    var node = Node.backup(advskew: 254)
    #expect(node.at(3.992187, .timer) == takeover(from: .backup, .masterTimedOut, skew: 240))
  }

  @Test func stateNamesAndReasonsAreFreeBSDs() {
    #expect(State.allCases.map(\.description) == ["INIT", "BACKUP", "MASTER"])
    #expect(
      Reason.allCases.map(\.text) == [
        "hardware interface up", "initialization complete", "hardware interface down", "master timed out",
        "more frequent advertisement received", "preempting a slower master", "master will time out",
        "user requested via carpctl", "role handed over", "timers ran late", "shared address taken away",
        "addresses could not be set", "shutting down", "another of its group cannot serve",
        "another of its group yielded",
      ])
  }
}

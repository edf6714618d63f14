import CARP
import Election
import Testing

@Suite("Rule: shared fate")
struct SharedFateTests {
  /// The two sides of a router, by the rules of one machine.
  struct Router {
    var sides: [Node]

    init(advskew: UInt8 = 100, preempt: Bool = false) {
      sides = (0..<2).map { _ in
        var node = Node(advskew: advskew, preempt: preempt)
        _ = node.reconfigure(0) { $0.sharesFate = true }
        return node
      }
    }

    static func backup(advskew: UInt8 = 100, preempt: Bool = false) -> Router {
      var router = Router(advskew: advskew, preempt: preempt)
      for side in 0..<2 { _ = router.at(0, side, .linkUp) }
      return router
    }
    static func master(advskew: UInt8 = 100, preempt: Bool = false) -> Router {
      var router = Router.backup(advskew: advskew, preempt: preempt)
      for side in 0..<2 { _ = router.at(0, side, .adopt) }
      return router
    }

    var states: [State] { sides.map(\.state) }

    /// Tells one side something, and both what follows from it; returns what each is to do.
    mutating func at(_ seconds: Double, _ side: Int, _ event: Event) -> [[Effect]] {
      var effects: [[Effect]] = [[], []]
      effects[side] = sides[side].at(seconds, event)
      for case .fellows(let event) in effects[side] { effects[1 - side] += sides[1 - side].at(seconds, event) }
      while true {
        let told = SharedFate.events(for: sides.map(\.election), at: Node.moment(seconds))
        if told.isEmpty { return effects }
        for (side, event) in told { effects[side] += sides[side].at(seconds, event) }
      }
    }

    /// The moment at which a side's timer fires next; it does.
    mutating func nextTimer(_ side: Int) -> Double {
      let due = sides[side].deadline ?? 0
      _ = at(due, side, .timer)
      return due
    }
  }

  static func bowOutFor(_ reason: Reason) -> [Effect] { [.transition(from: .master, to: .backup, reason), .bowOut] }

  @Test func oneWithoutLinkTakesTheOtherAlong() {
    var router = Router.master()
    let effects = router.at(1, 0, .linkDown)
    #expect(effects[0].contains(.release) && effects[0].contains(.demote(.interfaceDown, true)))
    #expect(effects[1] == Self.bowOutFor(.groupCannotServe))
    #expect(router.states == [.initial, .backup])
  }

  @Test(arguments: [Event.acquireFailed, .addressLost]) func oneThatFailsTakesTheOtherAlong(_ failure: Event) {
    var router = Router.master()
    #expect(router.at(1, 0, failure)[1] == Self.bowOutFor(.groupCannotServe))
    #expect(router.states == [.backup, .backup])
  }

  @Test func whileOneCannotTheOtherTakesNothing() {
    var router = Router.master()
    _ = router.at(1, 0, .linkDown)
    for _ in 0..<5 { #expect(router.nextTimer(1) > 1) }
    _ = router.at(30, 1, bowOut)
    _ = router.at(31, 1, .force(.master))
    _ = router.at(32, 1, advertisement(9, 0))
    #expect(router.states == [.initial, .backup])
    _ = router.at(40, 0, .linkUp)
    #expect(router.nextTimer(0) == 43.390625)
    #expect(router.nextTimer(1) < 44)
    #expect(router.states == [.master, .master])
  }

  /// A link of which nothing is known yet must not cost the role that a new process is handed.
  @Test func handedOverRolesAreKeptUntilALinkIsKnownToBeDown() {
    var router = Router()
    #expect(router.at(0, 0, .adopt) == [takeover(from: .initial, .handedOver), []])
    #expect(router.at(0, 1, .adopt) == [[], takeover(from: .initial, .handedOver)])
    #expect(router.at(0, 0, .linkUp) == [[], []])
    _ = router.at(0, 1, .linkDown)
    #expect(router.states == [.backup, .initial])
  }

  @Test func oneThatYieldsTakesTheOtherAlong() {
    var router = Router.master()
    let effects = router.at(1, 0, advertisement(1, 50))
    #expect(effects[0] == giveUp(.moreFrequentAdvertisement) + [.fellows(.yieldTogether)])
    #expect(effects[1] == Self.bowOutFor(.groupYields))
  }

  @Test func aTieTakesNobodyAlong() {
    var router = Router.master()
    _ = router.at(1, 0, .ownSource(.ipv4, Address("192.0.2.200")))
    #expect(router.at(1, 0, advertisement(1, 100)) == [giveUp(.moreFrequentAdvertisement), []])
    #expect(router.states == [.backup, .master])
  }

  @Test func theyPreemptTogetherOrNotAtAll() {
    var router = Router.backup(preempt: true)
    #expect(router.at(1, 0, advertisement(1, 200)) == [[], []])
    #expect(router.at(1.5, 1, advertisement(1, 50)) == [[], []], "a better master on the other side")
    #expect(router.at(2, 0, advertisement(1, 200)) == [[], []])
    let takeovers = router.at(2.5, 1, advertisement(1, 200))
    #expect(takeovers == Array(repeating: takeover(from: .backup, .preemptingSlowerMaster), count: 2))
  }

  @Test func aSplitIsEndedWithoutPreempt() {
    var router = Router.backup()
    #expect(router.at(1, 1, advertisement(1, 200)) == [[], []])
    // Nobody is master on one side, a worse machine on the other.
    #expect(router.nextTimer(0) == 3.390625)
    #expect(router.states == [.master, .master], "the worse master was heard before")
  }

  @Test func nobodyIsPulledUpByATimeout() {
    var router = Router.backup()
    _ = router.at(1, 1, advertisement(1, 50))
    #expect(router.nextTimer(0) == 3.390625)
    #expect(router.states == [.master, .backup])
    // Nor does the better master on the other side pull it down.
    #expect(router.at(4, 1, advertisement(1, 50)) == [[], []])
    #expect(router.states == [.master, .backup])
  }

  @Test func anAdministratorMeansAll() {
    var router = Router.backup()
    _ = router.at(1, 0, .force(.master))
    #expect(router.states == [.master, .master])
    _ = router.at(2, 1, .force(.backup))
    #expect(router.states == [.backup, .backup])
  }

  @Test func aGroupThatIsNoLongerOneIsFree() {
    var router = Router.backup()
    _ = router.at(1, 0, .linkDown)
    #expect(router.sides[1].election.isHeldByFate)
    _ = router.sides[1].reconfigure(2) { $0.sharesFate = false }
    #expect(!router.sides[1].election.isHeldByFate)
  }

  static let worlds = [2, 3].flatMap { machines in
    [2, 3].flatMap { networks in
      [false, true].flatMap { preempt in
        [false, true].map { Network(machines: machines, networks: networks, preempt: preempt, equal: $0) }
      }
    }
  }
  struct Network: CustomTestStringConvertible, Sendable {
    var machines: Int
    var networks: Int
    var preempt: Bool
    var equal: Bool
    var testDescription: String { "\(machines) machines on \(networks) networks, preempt \(preempt), equal \(equal)" }
  }

  /// Whatever happened before: half a minute after the networks are whole each has one MASTER, all on the same machine
  /// unless two are equal, and nothing changes any more.
  @Test(arguments: worlds) func oneMachineHasAll(_ world: Network) {
    for seed in 0..<6 as Range<UInt64> {
      var simulator = Simulator(
        machines: world.machines, networks: world.networks, preempt: world.preempt, equal: world.equal, seed: seed)
      for round in 0..<6 {
        simulator.disturb(seconds: 30)
        simulator.run(until: simulator.now.advanced(byMicroseconds: 30_000_000))
        let masters = (0..<world.networks).map { simulator.masters(on: $0) }
        #expect(masters.allSatisfy { $0.count == 1 }, "seed \(seed), round \(round): \(masters)")
        // A machine that cannot show that it sends again stays demoted, so two may be equal that were not.
        let seats = masters.joined().map { simulator.seats[$0] }
        let (machines, skews) = (Set(seats.map(\.machine)), Set(seats.map(\.election.wireSkew)))
        #expect(skews.count == 1, "seed \(seed), round \(round): split between \(machines)")
        let isTied = simulator.seats.count { skews.contains($0.election.wireSkew) } > world.networks
        #expect(machines.count == 1 || isTied, "seed \(seed), round \(round): split between \(machines)")
        if world.preempt {
          #expect(skews.first == simulator.seats.map(\.election.wireSkew).min(), "seed \(seed), round \(round)")
        }
        let transitions = simulator.seats.map(\.election.transitions)
        simulator.run(until: simulator.now.advanced(byMicroseconds: 30_000_000))
        #expect(simulator.seats.map(\.election.transitions) == transitions, "seed \(seed), round \(round)")
      }
      #expect(simulator.violations == [], "seed \(seed)")
    }
  }

  /// One network is cut in two for a minute, the other is whole: no flapping, and afterwards one machine has all.
  @Test(arguments: [false, true]) func halfAPartitionDoesNotFlap(preempt: Bool) {
    var simulator = Simulator(machines: 2, networks: 2, preempt: preempt, equal: false, seed: 1)
    simulator.run(until: simulator.now.advanced(byMicroseconds: 10_000_000))
    let before = simulator.seats.map(\.election.transitions)
    simulator.cutOff(network: 0)
    simulator.run(until: simulator.now.advanced(byMicroseconds: 60_000_000))
    #expect(simulator.masters(on: 0).count == 2 && simulator.masters(on: 1).count == 1)
    simulator.heal()
    simulator.run(until: simulator.now.advanced(byMicroseconds: 10_000_000))
    #expect(Set((simulator.masters(on: 0) + simulator.masters(on: 1)).map { simulator.seats[$0].machine }) == [0])
    let changes = zip(simulator.seats, before).map { $0.election.transitions - $1 }
    #expect(changes.reduce(0, +) == 2, "the worse machine took over on one side and gave it back: \(changes)")
  }
}

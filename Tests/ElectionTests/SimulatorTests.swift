import CARP
import Election
import Testing

@Suite("Simulated networks")
struct SimulatorTests {
  struct World: CustomTestStringConvertible, Sendable {
    var machines: Int
    var preempt: Bool
    var equal: Bool
    var testDescription: String { "\(machines) machines, preempt \(preempt), equal skews \(equal)" }
  }

  static let worlds = [2, 3, 5].flatMap { machines in
    [false, true].flatMap { preempt in
      [false, true].map { World(machines: machines, preempt: preempt, equal: $0) }
    }
  }

  /// Whatever happened before: ten seconds after the network is whole there is exactly one MASTER, with preempt the best.
  @Test(arguments: worlds) func oneMasterAfterTenSeconds(_ world: World) {
    var events = 0
    for seed in 0..<20 as Range<UInt64> {
      var simulator = Simulator(machines: world.machines, preempt: world.preempt, equal: world.equal, seed: seed)
      for round in 0..<6 {
        simulator.disturb(seconds: 30)
        simulator.run(until: simulator.now.advanced(byMicroseconds: 10_000_000))
        let masters = simulator.masters(on: 0)
        #expect(masters.count == 1, "seed \(seed), round \(round)")
        #expect(simulator.seats.allSatisfy { $0.election.state != .initial })
        if world.preempt, let master = masters.first {
          let best = simulator.seats.map(\.election.wireSkew).min()
          #expect(simulator.seats[master].election.wireSkew == best, "seed \(seed), round \(round)")
        }
      }
      #expect(simulator.violations == [], "seed \(seed)")
      events += simulator.events
    }
    #expect(events > 10_000)
  }

  /// Preemption that waits and is damped, alone and with shared fate: a minute after the network is whole the best
  /// machine has everything, and nothing changes any more.
  @Test(arguments: [1, 2]) func delayAndDampingOnlyPostpone(networks: Int) {
    for seed in 0..<6 as Range<UInt64> {
      var simulator = Simulator(machines: 3, networks: networks, preempt: true, equal: false, seed: seed) {
        $0.preemptDelay = 5000
        $0.damping = 20_000
      }
      for round in 0..<4 {
        simulator.disturb(seconds: 30)
        simulator.run(until: simulator.now.advanced(byMicroseconds: 60_000_000))
        let best = simulator.seats.map(\.election.wireSkew).min()
        for network in 0..<networks {
          let masters = simulator.masters(on: network)
          #expect(masters.count == 1, "seed \(seed), round \(round), network \(network)")
          #expect(masters.allSatisfy { simulator.seats[$0].election.wireSkew == best }, "seed \(seed), round \(round)")
        }
        let transitions = simulator.seats.map(\.election.transitions)
        simulator.run(until: simulator.now.advanced(byMicroseconds: 60_000_000))
        #expect(simulator.seats.map(\.election.transitions) == transitions, "seed \(seed), round \(round)")
      }
      #expect(simulator.violations == [], "seed \(seed)")
    }
  }

  @Test func theSameSeedIsTheSameHistory() {
    func history() -> [UInt64] {
      var simulator = Simulator(machines: 4, preempt: true, equal: false, seed: 7)
      simulator.disturb(seconds: 300)
      return [UInt64(simulator.events), simulator.now.nanoseconds] + simulator.seats.map(\.election.transitions)
    }
    #expect(history() == history())
  }
}

@Suite("No event traps")
struct RandomEventTests {
  /// Random parameters, events and clocks, the clock's ends among them.
  @Test func whateverComes() {
    var generator = SplitMix(seed: 3)
    for _ in 0..<3000 {
      var election = Election(randomParameters(&generator))
      var now = Instant(nanoseconds: [0, 1_000_000_000, .max - 5_000_000_000].randomElement(using: &generator) ?? 0)
      for _ in 0..<100 {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: now = Instant(nanoseconds: .random(in: 0...(.max), using: &generator))
        case 1: now = election.deadline ?? now
        case 2: _ = election.reconfigure(randomParameters(&generator), at: now)
        default: now = now.advanced(byNanoseconds: .random(in: 0...4_000_000_000, using: &generator))
        }
        _ = election.handle(randomEvent(&generator), at: now)
        _ = election.handle(.timer, at: now)
        if let deadline = election.deadline, deadline <= now, now.nanoseconds != .max {
          Issue.record("a deadline in the past: \(deadline) at \(now)")
        }
      }
    }
  }

  private func randomParameters(_ generator: inout SplitMix) -> Parameters {
    func byte() -> UInt8 { [0, 1, 85, 86, 254, 255].randomElement(using: &generator) ?? 0 }
    var parameters = Parameters(
      vhid: byte(), advbase: byte(), advskew: byte(), preempt: .random(using: &generator),
      ipv4: .random(using: &generator), ipv6: .random(using: &generator))
    parameters.sharesFate = .random(using: &generator)
    parameters.preemptDelay = [0, 5000, .max].randomElement(using: &generator) ?? 0
    parameters.damping = [0, 5000, .max].randomElement(using: &generator) ?? 0
    return parameters
  }

  private func randomEvent(_ generator: inout SplitMix) -> Event {
    let source = [Node.peer4, Node.peer6, Node.own4, .ipv4(0)].randomElement(using: &generator) ?? Node.peer4
    let heard = advertisement(
      [0, 1, 255].randomElement(using: &generator) ?? 1, .random(in: 0...255, using: &generator), from: source)
    let events: [Event] = [
      .linkUp, .linkUp, .linkDown, heard, heard, heard, bowOut, .unverified(from: source), .ownSource(.ipv4, source),
      .ownSource(.ipv6, nil), .timer, .demotion([.min, -1, 0, 240, .max].randomElement(using: &generator) ?? 0),
      .force(.master), .force(.backup), .adopt, .acquireFailed, .addressLost, .foreignFrame, .ranLate, .sendFailed,
      .sendSucceeded, .hold(until: Instant(nanoseconds: .random(in: 0...(.max), using: &generator))),
      .fellowsAble(.random(using: &generator)), .yieldTogether, .preemptTogether,
      .maintenance(.random(using: &generator)),
    ]
    if Int.random(in: 0..<300, using: &generator) == 0 { return .stop }
    return events.randomElement(using: &generator) ?? .timer
  }
}

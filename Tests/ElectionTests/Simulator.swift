import CARP
import Election

/// Several nodes on a network that loses, delays and partitions, with crashes, restarts and every other event.
struct Simulator {
  struct Machine {
    var election: Election
    /// Whether the process runs. Its addresses are gone as soon as it does not.
    var isRunning = true
    /// Whether its addresses are set, as its effects say.
    var isServing = false
    /// Until when the process gets nothing done.
    var sleepsUntil = Instant(nanoseconds: 0)
    /// Demotions for causes outside of the election.
    var demotion = 0
    /// When its timer fires; nil if it does not.
    var wakesAt: Instant?
  }

  struct Packet {
    var arrival: Instant
    var receiver: Int
    var event: Event
  }

  var machines: [Machine]
  var now = Instant(nanoseconds: 1_000_000_000)
  var events = 0
  /// What went against the rules that hold at every moment.
  private(set) var violations: [String] = []
  private var packets: [Packet] = []
  private var generator: SplitMix
  /// Advertisements lost, in percent.
  private var loss = 0
  /// Ordered pairs of machines and families between which nothing passes.
  private var cut: Set<[Int]> = []

  init(machines count: Int, preempt: Bool, equal: Bool, seed: UInt64) {
    var generator = SplitMix(seed: seed)
    machines = (0..<count).map { index in
      Machine(
        election: Election(
          Parameters(
            vhid: 1, advbase: 1, advskew: equal ? 100 : UInt8(index * 50), preempt: preempt,
            ipv4: true, ipv6: generator.next() % 2 == 0)))
    }
    self.generator = generator
    for index in machines.indices { start(index) }
  }

  /// Runs with faults for `seconds`, then makes everything whole.
  mutating func disturb(seconds: UInt64) {
    let end = now.advanced(byMicroseconds: seconds * 1_000_000)
    while now < end {
      disturbOnce()
      run(until: now.advanced(byMicroseconds: .random(in: 1000...3_000_000, using: &generator)))
    }
    loss = 0
    cut = []
    for index in machines.indices {
      machines[index].sleepsUntil = now
      if !machines[index].isRunning { restart(index) }
      deliver(.linkUp, to: index)
      demote(index, by: -machines[index].demotion)
    }
  }

  mutating func run(until end: Instant) {
    while let next = nextMoment(), next <= end {
      now = max(now, next)
      if let due = firstDuePacket() {
        let packet = packets.remove(at: due)
        if machines[packet.receiver].isRunning { deliver(packet.event, to: packet.receiver) }
      }
      for index in machines.indices where isTimerDue(index) {
        deliver(.timer, to: index)
        if let deadline = machines[index].wakesAt { require(deadline > now, "a deadline in the past") }
      }
    }
    now = max(now, end)
  }

  private func firstDuePacket() -> Int? {
    var first: Int?
    for index in packets.indices where isDue(packets[index]) {
      if let other = first, packets[other].arrival <= packets[index].arrival { continue }
      first = index
    }
    return first
  }

  private func isDue(_ packet: Packet) -> Bool {
    max(packet.arrival, machines[packet.receiver].sleepsUntil) <= now
  }

  private func isTimerDue(_ index: Int) -> Bool {
    guard machines[index].isRunning, let deadline = machines[index].wakesAt else { return false }
    return max(deadline, machines[index].sleepsUntil) <= now
  }

  private func nextMoment() -> Instant? {
    var next: Instant?
    for packet in packets {
      let arrival = max(packet.arrival, machines[packet.receiver].sleepsUntil)
      next = min(next ?? arrival, arrival)
    }
    for machine in machines where machine.isRunning {
      guard let deadline = machine.wakesAt else { continue }
      let wakes = max(deadline, machine.sleepsUntil)
      next = min(next ?? wakes, wakes)
    }
    return next
  }

  private mutating func deliver(_ event: Event, to index: Int) {
    events += 1
    let before = machines[index].election.state
    let effects = machines[index].election.handle(event, at: now)
    machines[index].wakesAt = machines[index].election.deadline
    apply(effects, of: index, from: before)
  }

  private mutating func apply(_ effects: [Effect], of index: Int, from before: State) {
    var state = before
    var hasDemoted = false
    for effect in effects {
      switch effect {
      case .acquire:
        require(!machines[index].isServing, "addresses set twice")
        machines[index].isServing = true
      case .release, .bowOut:
        require(machines[index].isServing, "addresses removed twice")
        machines[index].isServing = false
        if effect == .bowOut { send(from: index, advbase: 255, advskew: 255) }
      case .advertise(let advbase, let advskew, _):
        require(machines[index].isServing, "advertised without the addresses")
        send(from: index, advbase: advbase, advskew: advskew)
      case .transition(let from, let to, _):
        require(from == state && to != state, "a transition from another state")
        state = to
      case .demote: hasDemoted = true
      case .announce, .peerMismatch, .familySilent: break
      }
    }
    if hasDemoted { demote(index, by: 0) }
    require(state == machines[index].election.state, "a change of state without a transition")
    require(machines[index].isServing == (state == .master), "addresses without the role, or the role without them")
  }

  private mutating func require(_ condition: Bool, _ violation: String) {
    if !condition { violations.append("\(violation) at \(now.nanoseconds)") }
  }

  private mutating func send(from sender: Int, advbase: UInt8, advskew: UInt8) {
    let parameters = machines[sender].election.parameters
    var delay: UInt64 = 0
    for (family, isPresent) in [(Family.ipv4, parameters.ipv4), (.ipv6, parameters.ipv6)] where isPresent {
      delay += .random(in: 50...1000, using: &generator)
      for receiver in machines.indices where receiver != sender {
        guard !cut.contains([sender, receiver, Int(family.rawValue)]) else { continue }
        guard Int.random(in: 0..<100, using: &generator) >= loss else { continue }
        packets.append(
          Packet(
            arrival: now.advanced(byMicroseconds: delay), receiver: receiver,
            event: advertisement(advbase, advskew, from: source(of: sender, family))))
      }
    }
  }

  /// The two families order the machines in opposite ways.
  private func source(of index: Int, _ family: Family) -> Address {
    switch family {
    case .ipv4: .ipv4(0xc000_0200 + UInt32(index))
    case .ipv6: .ipv6(high: 0xfe80 << 48, low: UInt64(100 - index))
    }
  }

  private mutating func start(_ index: Int) {
    for family in [Family.ipv4, .ipv6] { deliver(.ownSource(family, source(of: index, family)), to: index) }
    deliver(.linkUp, to: index)
  }

  private mutating func restart(_ index: Int) {
    machines[index] = Machine(election: Election(machines[index].election.parameters))
    start(index)
  }

  private mutating func crash(_ index: Int) {
    machines[index].isRunning = false
    machines[index].isServing = false
  }

  private mutating func demote(_ index: Int, by delta: Int) {
    machines[index].demotion += delta
    let ownCauses = machines[index].election.demoting.count
    deliver(.demotion(machines[index].demotion + 240 * ownCauses), to: index)
  }

  private mutating func disturbOnce() {
    let index = Int.random(in: machines.indices, using: &generator)
    guard machines[index].isRunning else {
      restart(index)
      return
    }
    switch Int.random(in: 0..<17, using: &generator) {
    case 0: crash(index)
    case 1:
      deliver(.stop, to: index)
      crash(index)
    case 2: deliver(.linkDown, to: index)
    case 3: deliver(.linkUp, to: index)
    case 4: loss = Int.random(in: 0...100, using: &generator)
    case 5: cut = []
    case 6:
      for _ in 0..<4 {
        cut.insert([index, .random(in: machines.indices, using: &generator), Bool.random(using: &generator) ? 4 : 6])
      }
    case 7: demote(index, by: [240, -240, 17].randomElement(using: &generator) ?? 0)
    case 8: deliver(.force(State.allCases.randomElement(using: &generator) ?? .backup), to: index)
    case 9: deliver(.acquireFailed, to: index)
    case 10: deliver(.addressLost, to: index)
    case 11: deliver(.foreignFrame, to: index)
    case 12: deliver(.ranLate, to: index)
    case 13: machines[index].sleepsUntil = now.advanced(byMicroseconds: .random(in: 0...8_000_000, using: &generator))
    case 14: deliver(.unverified(from: Node.peer4), to: index)
    case 15: for _ in 0..<4 { deliver(.sendFailed, to: index) }
    default: for _ in 0..<4 { deliver(.sendSucceeded, to: index) }
    }
  }
}

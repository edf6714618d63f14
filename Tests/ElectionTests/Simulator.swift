import CARP
import Election

/// Several machines, each with a virtual host on every one of some networks that lose, delay and partition, with crashes,
/// restarts and every other event.
struct Simulator {
  struct Machine {
    /// Whether the process runs. Its addresses are gone as soon as it does not.
    var isRunning = true
    /// Until when the process gets nothing done.
    var sleepsUntil = Instant(nanoseconds: 0)
    /// Demotions for causes outside of the elections.
    var demotion = 0
  }

  /// One machine's virtual host on one network.
  struct Seat {
    var machine: Int
    var network: Int
    var election: Election
    /// Whether its addresses are set, as its effects say.
    var isServing = false
    /// When its timer fires; nil if it does not.
    var wakesAt: Instant?
  }

  struct Packet {
    var arrival: Instant
    var receiver: Int
    var event: Event
  }

  var machines: [Machine]
  var seats: [Seat]
  var now = Instant(nanoseconds: 1_000_000_000)
  var events = 0
  /// What went against the rules that hold at every moment.
  private(set) var violations: [String] = []
  private var packets: [Packet] = []
  private var generator: SplitMix
  /// Advertisements lost, in percent.
  private var loss = 0
  /// Ordered pairs of seats with a family, between which nothing passes.
  private var cut: Set<[Int]> = []

  /// - Parameter networks: with more than one, the virtual hosts of a machine share their fate.
  init(
    machines count: Int, networks: Int = 1, preempt: Bool, equal: Bool, seed: UInt64,
    adjust: (inout Parameters) -> Void = { _ in }
  ) {
    var generator = SplitMix(seed: seed)
    machines = Array(repeating: Machine(), count: count)
    seats = []
    for network in 0..<networks {
      for machine in machines.indices {
        var parameters = Parameters(
          vhid: 1, advbase: 1, advskew: equal ? 100 : UInt8(machine * 50), preempt: preempt,
          ipv4: true, ipv6: generator.next() % 2 == 0)
        parameters.sharesFate = networks > 1
        adjust(&parameters)
        seats.append(Seat(machine: machine, network: network, election: Election(parameters)))
      }
    }
    self.generator = generator
    for machine in machines.indices { start(machine) }
  }

  func seats(of machine: Int) -> [Int] { seats.indices.filter { seats[$0].machine == machine } }
  func masters(on network: Int) -> [Int] {
    seats.indices.filter { seats[$0].network == network && seats[$0].election.state == .master }
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
      for seat in seats(of: index) { deliver(.linkUp, to: seat) }
      demote(index, by: -machines[index].demotion)
    }
  }

  /// Nothing passes on a network any more, until `heal`.
  mutating func cutOff(network: Int) {
    let members = seats.indices.filter { seats[$0].network == network }
    for sender in members {
      for receiver in members { cut.formUnion([[sender, receiver, 4], [sender, receiver, 6]]) }
    }
  }
  mutating func heal() { cut = [] }

  mutating func run(until end: Instant) {
    while let next = nextMoment(), next <= end {
      now = max(now, next)
      if let due = firstDuePacket() {
        let packet = packets.remove(at: due)
        if machine(of: packet.receiver).isRunning { deliver(packet.event, to: packet.receiver) }
      }
      for index in seats.indices where isTimerDue(index) {
        deliver(.timer, to: index)
        if let deadline = seats[index].wakesAt { require(deadline > now, "a deadline in the past") }
      }
    }
    now = max(now, end)
  }

  private func machine(of seat: Int) -> Machine { machines[seats[seat].machine] }

  private func firstDuePacket() -> Int? {
    var first: Int?
    for index in packets.indices where isDue(packets[index]) {
      if let other = first, packets[other].arrival <= packets[index].arrival { continue }
      first = index
    }
    return first
  }

  private func isDue(_ packet: Packet) -> Bool {
    max(packet.arrival, machine(of: packet.receiver).sleepsUntil) <= now
  }

  private func isTimerDue(_ index: Int) -> Bool {
    guard machine(of: index).isRunning, let deadline = seats[index].wakesAt else { return false }
    return max(deadline, machine(of: index).sleepsUntil) <= now
  }

  private func nextMoment() -> Instant? {
    var next: Instant?
    for packet in packets {
      let arrival = max(packet.arrival, machine(of: packet.receiver).sleepsUntil)
      next = min(next ?? arrival, arrival)
    }
    for seat in seats where machines[seat.machine].isRunning {
      guard let deadline = seat.wakesAt else { continue }
      let wakes = max(deadline, machines[seat.machine].sleepsUntil)
      next = min(next ?? wakes, wakes)
    }
    return next
  }

  private mutating func deliver(_ event: Event, to index: Int) {
    handle(event, by: index)
    let members = seats(of: seats[index].machine)
    guard members.count > 1 else { return }
    for _ in 0..<10 {
      let told = SharedFate.events(for: members.map { seats[$0].election }, at: now)
      if told.isEmpty {
        let isBroken = members.contains { seats[$0].election.demoting.contains(.interfaceDown) }
        return require(!isBroken || members.allSatisfy { !seats[$0].isServing }, "serving though a fellow cannot")
      }
      for (member, event) in told { handle(event, by: members[member]) }
    }
    require(false, "shared fate does not settle")
  }

  private mutating func handle(_ event: Event, by index: Int) {
    events += 1
    let before = seats[index].election.state
    let effects = seats[index].election.handle(event, at: now)
    seats[index].wakesAt = seats[index].election.deadline
    apply(effects, of: index, from: before)
  }

  private mutating func apply(_ effects: [Effect], of index: Int, from before: State) {
    var state = before
    var hasDemoted = false
    var told: [Event] = []
    for effect in effects {
      switch effect {
      case .acquire:
        require(!seats[index].isServing, "addresses set twice")
        seats[index].isServing = true
      case .release, .bowOut:
        require(seats[index].isServing, "addresses removed twice")
        seats[index].isServing = false
        if effect == .bowOut { send(from: index, advbase: 255, advskew: 255) }
      case .advertise(let advbase, let advskew, _):
        require(seats[index].isServing, "advertised without the addresses")
        send(from: index, advbase: advbase, advskew: advskew)
      case .transition(let from, let to, _):
        require(from == state && to != state, "a transition from another state")
        state = to
      case .demote: hasDemoted = true
      case .fellows(let event): told.append(event)
      case .announce, .peerMismatch, .familySilent: break
      }
    }
    require(state == seats[index].election.state, "a change of state without a transition")
    require(seats[index].isServing == (state == .master), "addresses without the role, or the role without them")
    if hasDemoted { demote(seats[index].machine, by: 0) }
    for event in told {
      for fellow in seats(of: seats[index].machine) where fellow != index { handle(event, by: fellow) }
    }
  }

  private mutating func require(_ condition: Bool, _ violation: String) {
    if !condition { violations.append("\(violation) at \(now.nanoseconds)") }
  }

  private mutating func send(from sender: Int, advbase: UInt8, advskew: UInt8) {
    let parameters = seats[sender].election.parameters
    var delay: UInt64 = 0
    for (family, isPresent) in [(Family.ipv4, parameters.ipv4), (.ipv6, parameters.ipv6)] where isPresent {
      delay += .random(in: 50...1000, using: &generator)
      for receiver in seats.indices where receiver != sender && seats[receiver].network == seats[sender].network {
        guard !cut.contains([sender, receiver, Int(family.rawValue)]) else { continue }
        guard Int.random(in: 0..<100, using: &generator) >= loss else { continue }
        packets.append(
          Packet(
            arrival: now.advanced(byMicroseconds: delay), receiver: receiver,
            event: advertisement(advbase, advskew, from: source(of: seats[sender].machine, family))))
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
    for seat in seats(of: index) {
      for family in [Family.ipv4, .ipv6] { deliver(.ownSource(family, source(of: index, family)), to: seat) }
    }
    for seat in seats(of: index) { deliver(.linkUp, to: seat) }
  }

  private mutating func restart(_ index: Int) {
    machines[index] = Machine()
    for seat in seats(of: index) {
      seats[seat].election = Election(seats[seat].election.parameters)
      seats[seat].wakesAt = nil
    }
    start(index)
  }

  private mutating func crash(_ index: Int) {
    machines[index].isRunning = false
    for seat in seats(of: index) { seats[seat].isServing = false }
  }

  private mutating func demote(_ index: Int, by delta: Int) {
    machines[index].demotion += delta
    let ownCauses = seats(of: index).reduce(0) { $0 + seats[$1].election.demoting.count }
    for seat in seats(of: index) { handle(.demotion(machines[index].demotion + 240 * ownCauses), by: seat) }
  }

  private mutating func disturbOnce() {
    let index = Int.random(in: seats.indices, using: &generator)
    let machine = seats[index].machine
    guard machines[machine].isRunning else {
      restart(machine)
      return
    }
    switch Int.random(in: 0..<17, using: &generator) {
    case 0: crash(machine)
    case 1:
      for seat in seats(of: machine) { handle(.stop, by: seat) }
      crash(machine)
    case 2: deliver(.linkDown, to: index)
    case 3: deliver(.linkUp, to: index)
    case 4: loss = Int.random(in: 0...100, using: &generator)
    case 5: cut = []
    case 6:
      for _ in 0..<4 {
        cut.insert([index, .random(in: seats.indices, using: &generator), Bool.random(using: &generator) ? 4 : 6])
      }
    case 7: demote(machine, by: [240, -240, 17].randomElement(using: &generator) ?? 0)
    case 8: deliver(.force(State.allCases.randomElement(using: &generator) ?? .backup), to: index)
    case 9: deliver(.acquireFailed, to: index)
    case 10: deliver(.addressLost, to: index)
    case 11: deliver(.foreignFrame, to: index)
    case 12: deliver(.ranLate, to: index)
    case 13: machines[machine].sleepsUntil = now.advanced(byMicroseconds: .random(in: 0...8_000_000, using: &generator))
    case 14: deliver(.unverified(from: Node.peer4), to: index)
    case 15: for _ in 0..<4 { deliver(.sendFailed, to: index) }
    default: for _ in 0..<4 { deliver(.sendSucceeded, to: index) }
    }
  }
}

import CARP
import Election

/// One node under test, told of events at seconds after an arbitrary start of the clock.
struct Node {
  static let start = Instant(nanoseconds: 1_000_000_000_000)
  /// The sources of the two nodes of the tests: the peer's IPv4 address is the higher, its IPv6 address the lower one.
  static let peer4 = Address("192.0.2.102")!
  static let peer6 = Address("fe80::1")!
  static let own4 = Address("192.0.2.101")!
  static let own6 = Address("fe80::2")!

  var election: Election
  var parameters: Parameters

  /// A node in INIT. With the usual advbase 1 and advskew 100 it advertises every 1.390625 s and gives a master up after
  /// 3.390625 s.
  init(
    advbase: UInt8 = 1, advskew: UInt8 = 100, preempt: Bool = false, ipv4: Bool = true, ipv6: Bool = true
  ) {
    parameters = Parameters(vhid: 1, advbase: advbase, advskew: advskew, preempt: preempt, ipv4: ipv4, ipv6: ipv6)
    election = Election(parameters)
    _ = at(0, .ownSource(.ipv4, Node.own4))
    _ = at(0, .ownSource(.ipv6, Node.own6))
  }

  /// The same in BACKUP since second 0.
  static func backup(
    advbase: UInt8 = 1, advskew: UInt8 = 100, preempt: Bool = false, ipv4: Bool = true, ipv6: Bool = true
  ) -> Node {
    var node = Node(advbase: advbase, advskew: advskew, preempt: preempt, ipv4: ipv4, ipv6: ipv6)
    _ = node.at(0, .linkUp)
    return node
  }

  /// The same in MASTER since second 0, when it was told to be.
  static func master(
    advbase: UInt8 = 1, advskew: UInt8 = 100, preempt: Bool = false, ipv4: Bool = true, ipv6: Bool = true
  ) -> Node {
    var node = Node(advbase: advbase, advskew: advskew, preempt: preempt, ipv4: ipv4, ipv6: ipv6)
    _ = node.at(0, .adopt)
    return node
  }

  static func moment(_ seconds: Double) -> Instant {
    start.advanced(byMicroseconds: UInt64((seconds * 1_000_000).rounded()))
  }

  mutating func at(_ seconds: Double, _ event: Event) -> [Effect] {
    election.handle(event, at: Node.moment(seconds))
  }

  mutating func reconfigure(_ seconds: Double, _ change: (inout Parameters) -> Void) -> [Effect] {
    change(&parameters)
    return election.reconfigure(parameters, at: Node.moment(seconds))
  }

  /// The deadline in seconds.
  var deadline: Double? {
    election.deadline.map { Double($0.nanoseconds(since: Node.start)) / 1e9 }
  }

  /// Lets all deadlines up to `end` come in time; returns the effects with the seconds they came at.
  mutating func run(until end: Double) -> [(at: Double, effect: Effect)] {
    var all: [(Double, Effect)] = []
    while let due = deadline, due <= end {
      all += at(due, .timer).map { (due, $0) }
    }
    return all
  }

  var state: State { election.state }
}

/// An advertisement that is heard.
func advertisement(
  _ advbase: UInt8 = 1, _ advskew: UInt8, from source: Address = Node.peer4
) -> Event {
  let digest = Digest(bytes: [UInt8](repeating: 0, count: 20))!
  return .advertisement(
    Advertisement(vhid: 1, advbase: advbase, advskew: advskew, demotion: 0, counter: 0, digest: digest), from: source)
}

let bowOut = advertisement(255, 255)

/// What every takeover does, in this order.
func takeover(from state: State, _ reason: Reason, skew: UInt8 = 100, base: UInt8 = 1) -> [Effect] {
  [
    .transition(from: state, to: .master, reason), .acquire,
    .advertise(advbase: base, advskew: skew, demotion: 0), .announce,
  ]
}

/// What giving the role up does.
func giveUp(_ reason: Reason) -> [Effect] {
  [.transition(from: .master, to: .backup, reason), .release]
}

func speak(skew: UInt8 = 100) -> [Effect] {
  [.advertise(advbase: 1, advskew: skew, demotion: 0), .announce]
}

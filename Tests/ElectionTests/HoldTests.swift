import CARP
import Election
import Testing

@Suite("Rule: start-up hold")
struct StartHoldTests {
  @Test func nothingIsTakenBeforeItsEnd() {
    var node = Node(preempt: true, ipv6: false)
    _ = node.at(0, .hold(until: Node.moment(30)))
    _ = node.at(0, .linkUp)
    #expect(node.deadline == 30)
    #expect(node.at(1, advertisement(1, 200)) == [])
    #expect(node.at(2, bowOut) == [])
    #expect(node.deadline == 30)
    #expect(node.at(30, .timer) == takeover(from: .backup, .masterTimedOut))
  }

  @Test func aMasterHeardLatelyIsWaitedForAsEver() {
    var node = Node(preempt: true, ipv6: false)
    _ = node.at(0, .hold(until: Node.moment(30)))
    _ = node.at(0, .linkUp)
    _ = node.at(29, advertisement(1, 0))
    #expect(node.deadline == 32.390625)
    #expect(node.at(30, advertisement(1, 200)) == takeover(from: .backup, .preemptingSlowerMaster))
  }

  @Test func aHandedOverRoleIsTakenAllTheSame() {
    var node = Node()
    _ = node.at(0, .hold(until: Node.moment(30)))
    #expect(node.at(0, .adopt) == takeover(from: .initial, .handedOver))
  }

  @Test func anAdministratorIsObeyed() {
    var node = Node.backup()
    _ = node.at(0, .hold(until: Node.moment(30)))
    #expect(node.deadline == 30)
    #expect(node.at(1, .force(.master)) == takeover(from: .backup, .userRequested))
  }
}

@Suite("Rule: preemption with a delay")
struct PreemptDelayTests {
  static func delayed() -> Node {
    var node = Node.backup(preempt: true, ipv6: false)
    _ = node.reconfigure(0) { $0.preemptDelay = 10_000 }
    return node
  }

  @Test func aWorseMasterIsPreemptedAfterIt() {
    var node = Self.delayed()
    for second in 1...10 { #expect(node.at(Double(second), advertisement(1, 200)) == []) }
    #expect(node.at(11, advertisement(1, 200)) == takeover(from: .backup, .preemptingSlowerMaster))
  }

  @Test func aBetterMasterInBetweenBeginsItAnew() {
    var node = Self.delayed()
    for second in 1...8 { _ = node.at(Double(second), advertisement(1, 200)) }
    _ = node.at(9, advertisement(1, 50))
    // This one demoted itself: without delay.
    #expect(node.at(10, advertisement(1, 200)) == takeover(from: .backup, .preemptingSlowerMaster))
  }

  @Test func oneselfGettingBetterDoesNotShortenIt() {
    var node = Self.delayed()
    _ = node.at(0, .demotion(240))
    for second in 1...5 { #expect(node.at(Double(second), advertisement(1, 200)) == []) }
    _ = node.at(5.5, .demotion(0))
    for second in 6...15 { #expect(node.at(Double(second), advertisement(1, 200)) == []) }
    #expect(node.at(16, advertisement(1, 200)) == takeover(from: .backup, .preemptingSlowerMaster))
  }

  @Test func silenceAndGoodbyeDoNotWait() {
    var node = Self.delayed()
    _ = node.at(1, advertisement(1, 200))
    #expect(node.at(2, bowOut) == takeover(from: .backup, .masterWillTimeOut))
    var other = Self.delayed()
    _ = other.at(1, advertisement(1, 200))
    #expect(other.at(4.390625, .timer) == takeover(from: .backup, .masterTimedOut))
  }
}

@Suite("Rule: flap damping")
struct FlapDampingTests {
  /// Takes the role by preempting and loses it to a better master a second later.
  private func flap(_ node: inout Node, at second: Double) -> Bool {
    _ = node.at(second, advertisement(1, 200))
    guard node.state == .master else { return false }
    _ = node.at(second + 1, advertisement(1, 0))
    return true
  }

  @Test func afterThreeLossesItDoesNotPreemptForAsLong() {
    var node = Node.backup(preempt: true, ipv6: false)
    _ = node.reconfigure(0) { $0.damping = 60_000 }
    #expect(flap(&node, at: 1) && flap(&node, at: 3) && flap(&node, at: 5))
    // Lost last at 6 s.
    for second in 7..<66 { #expect(!flap(&node, at: Double(second))) }
    #expect(flap(&node, at: 66.1))
  }

  @Test func itIsOffByDefault() {
    var node = Node.backup(preempt: true, ipv6: false)
    for round in 0..<20 { #expect(flap(&node, at: Double(1 + 2 * round))) }
  }

  @Test func lossesFarApartDoNotCount() {
    var node = Node.backup(preempt: true, ipv6: false)
    _ = node.reconfigure(0) { $0.damping = 60_000 }
    for round in 0..<10 { #expect(flap(&node, at: Double(1 + 31 * round))) }
  }

  @Test func silenceAndGoodbyeAreNotDamped() {
    var node = Node.backup(preempt: true, ipv6: false)
    _ = node.reconfigure(0) { $0.damping = 60_000 }
    #expect(flap(&node, at: 1) && flap(&node, at: 3) && flap(&node, at: 5))
    #expect(node.at(7, bowOut) == takeover(from: .backup, .masterWillTimeOut))
  }

  @Test func whatAnAdministratorAskedForDoesNotCount() {
    var node = Node.backup(preempt: true, ipv6: false)
    _ = node.reconfigure(0) { $0.damping = 60_000 }
    for _ in 0..<3 {
      _ = node.at(1, .force(.master))
      _ = node.at(1, .force(.backup))
    }
    #expect(flap(&node, at: 20))
  }
}

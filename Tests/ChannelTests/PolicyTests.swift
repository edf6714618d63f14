import Channel
import Linux
import Testing

@testable import Supervisor

extension Policy {
  mutating func add(_ host: VirtualHost, _ group: UInt16 = 0) throws {
    try add(.virtualHost(group: group, interface: 0, host))
  }
  mutating func add(_ entry: HostAddress, to group: UInt16 = 0) throws { try add(.address(group: group, entry)) }
}

@Suite struct PolicyTests {
  private func host(_ group: UInt16 = 0, addresses: UInt16 = 1, peers: UInt16 = 0) -> VirtualHost {
    var host = VirtualHost()
    host.interfaceName = "eth0"
    host.vhid = UInt8(group % 255 + 1)
    host.addresses = addresses
    host.peers = peers
    return host
  }

  private func entry(_ number: UInt128 = 0xc000_0201, family: Family = .ipv4, prefix: UInt8 = 24) -> HostAddress {
    var entry = HostAddress()
    entry.address = Address(family, family == .ipv4 ? number : 0x2001_0db8 << 96 | number)
    entry.prefix = prefix
    return entry
  }

  private func refusal(_ body: (inout Policy) throws -> Void) -> String? {
    var policy = Policy(generation: 1)
    do {
      try body(&policy)
      try policy.add(.commit(groups: UInt16(policy.groups.count), generation: 1))
      return nil
    } catch {
      return (error as? Refusal)?.text ?? "another error: \(error)"
    }
  }

  @Test func whatIsRight() throws {
    var policy = Policy(generation: 7)
    try policy.add(host())
    try policy.add(entry())
    try policy.add(.commit(groups: UInt16(policy.groups.count), generation: 1))
    #expect(throws: Refusal.self) { try policy.add(host(1), 1) }
    #expect(policy.isComplete && policy.generation == 7 && policy.groups.map(\.interfaceName) == ["eth0"])
    #expect(
      policy.groups[0].lease(.ipv4, every: policy.groups[0].interval) == 2 && policy.groups[0].families == [.ipv4])
  }

  @Test func hosts() {
    let changes: [(String, (inout VirtualHost) -> Void)] = [
      ("interface name", { $0.interfaceName = "" }),
      ("interface name", { $0.interfaceName = "a/b" }), ("interface name", { $0.interfaceName = "a b" }),
      ("interface name", { $0.interfaceName = "a\n" }), ("interface name", { $0.interfaceName = "a\0" }),
      ("interface name", { $0.interfaceName = ".." }), ("interface name", { $0.interfaceName = "." }),
      ("interface name", { $0.interfaceName = "sixteen-letters-" }), ("out of range", { $0.vhid = 0 }),
      ("out of range", { $0.advskew = 255 }),
      (
        "out of range",
        {
          $0.advbase = 0
          $0.advskew = 0
        }
      ),
      ("incomplete", { $0.addresses = 2 }), ("incomplete", { $0.addresses = 0 }), ("incomplete", { $0.peers = 1 }),
    ]
    for (reason, change) in changes {
      let text = refusal {
        var changed = host()
        change(&changed)
        try $0.add(changed)
        try $0.add(entry())
      }
      #expect(text?.contains(reason) == true, "\(reason): \(text ?? "accepted")")
    }
  }

  @Test func tracks() {
    let track = { (name: String) in Message.track(interface: 0, name: name, demotion: 1) }
    #expect(refusal { try $0.add(track("../eth0")) } == "not an interface name")
    #expect(refusal { policy in for number in 0...64 { try policy.add(track("eth\(number)")) } } == "too many tracks")
    #expect(refusal { try $0.add(.ready) } == "not a configuration message")
  }

  @Test func addresses() {
    let bad: [(UInt16, HostAddress)] = [
      (1, entry()), (0xffff, entry()), (0, entry(0)), (0, entry(0xe000_0012)), (0, entry(0x1_0000_0000)),
      (0, entry(prefix: 33)), (0, entry(family: .ipv6, prefix: 129)),
    ]
    for (number, (group, entry)) in bad.enumerated() {
      for isPeer in [false, true] {
        let text = refusal {
          try $0.add(host(peers: 1))
          var entry = entry
          entry.isPeer = isPeer
          try $0.add(entry, to: group)
        }
        #expect(text == "not a usable address", "\(number)")
      }
    }
    var multicast = entry(family: .ipv6, prefix: 64)
    multicast.address.value = 0xff02 << 112 | 1
    #expect(
      refusal {
        try $0.add(host())
        try $0.add(multicast)
      } == "not a usable address")
  }

  @Test func twice() {
    for group: UInt16 in [0, 2] {
      let text = refusal {
        try $0.add(host())
        try $0.add(host(1), group)
      }
      #expect(text?.contains("out of order") == true)
    }
    let sameVHID = refusal {
      try $0.add(host())
      var second = host(1)
      second.vhid = 1
      try $0.add(second, 1)
    }
    #expect(sameVHID?.contains("vhid 1 twice") == true)
    let sameAddress = refusal {
      try $0.add(host())
      try $0.add(host(1), 1)
      try $0.add(entry())
      try $0.add(entry(), to: 1)
    }
    #expect(sameAddress == "192.0.2.1 twice")
    #expect(refusal { _ in } == "no virtual host")
  }

  @Test func limits() {
    let hosts = refusal { policy in
      for number in 0...UInt16(512) { try policy.add(host(number, addresses: 0), number) }
    }
    #expect(hosts?.contains("twice") == true || hosts?.contains("too many") == true)
    let addresses = refusal { policy in
      try policy.add(host())
      for number in 0...UInt128(20_000) { try policy.add(entry(0x0a00_0001 + number)) }
    }
    #expect(addresses == "not a usable address")
  }

  /// A policy that is accepted can be handed to an engine: all of it waits in the channel for a moment, though the engine
  /// does not read.
  @Test(.enabled(if: geteuid() == 0)) func thePolicyFitsIntoTheChannel() throws {
    let (near, far) = try openSocketPair()
    try setOption(near.raw, SOL_SOCKET, SO_SNDBUFFORCE, Children.room)
    let endpoint = Endpoint(near, loop: EventLoop())
    let messages =
      [Message](repeating: .virtualHost(group: 0, interface: 0, host()), count: Policy.maximumGroups)
      + [Message](repeating: .address(group: 0, entry()), count: 2 * Policy.maximumAddresses)
    #expect(messages.allSatisfy { endpoint.offer($0) != nil })
    withExtendedLifetime(far) {}
  }
}

@Suite struct EngineRuleTests {
  @Test func exactlyTheEnginesMessages() {
    let engines: Set<MessageType> = [
      .advertise, .acquire, .release, .bowOut, .announce, .deposit, .note, .heartbeat, .closed, .administer,
    ]
    #expect(Set(EngineRule.table.keys) == engines)
  }

  /// What puts a packet on the network needs the role, and after a stall a new one; what gives a role up is always heard.
  @Test func whatIsChecked() {
    for type: MessageType in [.advertise, .announce] { #expect(EngineRule.table[type] == [.rate, .role, .voice]) }
    #expect(EngineRule.table[.acquire] == [.rate] && EngineRule.table[.bowOut] == [.rate, .role])
    for type: MessageType in [.release, .heartbeat] { #expect(EngineRule.table[type] == []) }
  }
}

@Suite struct HoldingTests {
  private func holding(advbase: UInt8 = 1, advskew: UInt8 = 100) throws -> Holding {
    var host = VirtualHost()
    (host.interfaceName, host.vhid, host.advbase, host.advskew, host.mac) = ("eth0", 1, advbase, advskew, .interface)
    var entry = HostAddress()
    (entry.address, entry.prefix) = (Address(.ipv4, 1), 24)
    var policy = Policy(generation: 1)
    try policy.add(host)
    try policy.add(entry)
    return Holding(number: 0, policy.groups[0], on: Interface(name: "eth0", number: 0))
  }

  @Test func countersAreUsedOnce() throws {
    let holding = try holding()
    for counter in 1...UInt64(64) { #expect(holding.use(counter)) }
    for counter in 1...UInt64(64) { #expect(!holding.use(counter)) }
  }

  @Test func rate() throws {
    let holding = try holding()
    let start: UInt64 = 1 << 62
    let atOnce = (0..<1000).count { _ in holding.withinRate(start) }
    #expect((20...60).contains(atOnce))
    let perSecond = (0..<10_000).count { holding.withinRate(start + UInt64($0) * 1_000_000) }
    // Ten seconds.
    #expect((150...300).contains(perSecond))
    // A group that advertises 256 times a second must be able to.
    let fast = try self.holding(advbase: 0, advskew: 1)
    _ = fast.withinRate(start)
    #expect((1..<2560).allSatisfy { fast.withinRate(start + UInt64($0) * 3_906_250) })
  }

  @Test func deposits() throws {
    let holding = try holding(advskew: 250)
    for counter in 1...UInt64(100) {
      var deposit = Advertise()
      deposit.counter = counter
      holding.keep(deposit)
    }
    // The newest eight are kept.
    let regular = holding.spend(.ipv4, bowOut: false)
    #expect(regular?.counter == 93 && regular?.advbase == 1 && regular?.advskew == 240 && regular?.demotion == 0)
    let last = holding.spend(.ipv4, bowOut: true)
    #expect(last?.counter == 94 && last?.advbase == 255 && last?.advskew == 255)
    #expect(holding.spend(.ipv6, bowOut: true) == nil)
    for _ in 0..<6 { #expect(holding.spend(.ipv4, bowOut: false) != nil) }
    #expect(holding.spend(.ipv4, bowOut: false) == nil)
  }
}

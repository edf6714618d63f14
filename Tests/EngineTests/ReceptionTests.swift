import CARP
import Channel
import Control
import Testing

@testable import Engine

extension EngineTests {
  @Suite struct ReceptionTests {
    private func counters(_ supervisor: FakeSupervisor) throws -> CounterValues {
      try #require(supervisor.engine.snapshot().interfaces.first).counters
    }

    @Test func everyRejectionHasItsCounterAndOneNote() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure([FakeSupervisor.host(advbase: 1)])
      supervisor.link()
      _ = try supervisor.run()
      let good = FakeSupervisor.advertisement()
      var badDigest = Advertisement(
        vhid: 1, advbase: 1, advskew: 0, demotion: 0, counter: 1, digest: FakeSupervisor.digest(counter: 2)
      ).encoded()
      supervisor.frame(badDigest)
      supervisor.frame(badDigest)
      supervisor.frame(good, ttl: 64)
      supervisor.frame(FakeSupervisor.advertisement(vhid: 77))
      badDigest[20] ^= 1
      supervisor.frame(badDigest)
      supervisor.frame(Array(good.prefix(20)))
      supervisor.frame([])
      let messages = try supervisor.run()
      let counters = try counters(supervisor)
      #expect(counters.ipackets == 7)
      #expect(counters.badauth == 2 && counters.badttl == 1 && counters.badvhid == 1)
      #expect(counters.badsum == 1 && counters.badlen == 2)
      let rejected = messages.notes(.rejected)
      let expected: [Rejection] = [.badauth, .badttl, .badsum, .badlen]
      #expect(rejected.map(\.a) == expected.map { UInt32($0.rawValue) })
      #expect(rejected.map(\.group) == [0, 0, 0xffff, 0xffff])
      #expect(rejected.allSatisfy { $0.b == 1 && $0.address == FakeSupervisor.peer })
      #expect(messages.notes(.peerMismatch).map(\.a) == [1])
      #expect(supervisor.engine.snapshot().virtualHosts.first?.peerMismatch == true)
    }

    @Test func cutPacketIsShorterThanItsHeader() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure()
      var frame = Frame()
      frame.source = FakeSupervisor.peer
      frame.ttl = 255
      frame.length = 36
      frame.bytes = [0x21, 1]
      supervisor.send(.frame(frame))
      _ = try supervisor.run()
      #expect(try counters(supervisor).hdrops == 1)
    }

    @Test func familyWithoutAddressesHasNoVhid() throws {
      let supervisor = try FakeSupervisor()
      var host = FakeSupervisor.host()
      host.addresses = 1
      supervisor.configure([host])
      var frame = Frame()
      frame.family = .ipv6
      frame.source = Channel.Address(family: .ipv6, high: 0xfe80 << 48, low: 9)
      frame.ttl = 255
      frame.length = 36
      frame.bytes = FakeSupervisor.advertisement()
      supervisor.send(.frame(frame))
      _ = try supervisor.run()
      #expect(try counters(supervisor).badvhid == 1 && counters(supervisor).ipackets6 == 1)
    }

    @Test func vrrpWithOurIdIsToldAsSuch() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure()
      _ = try supervisor.run()
      for _ in 0..<3 { supervisor.frame([0x31, 1, 100, 1, 0, 100, 0, 0, 192, 0, 2, 1]) }
      let messages = try supervisor.run()
      #expect(messages.notes(.foreignProtocol).map { [$0.a, $0.b] } == [[3, 1]])
      #expect(messages.notes(.rejected).isEmpty)
      #expect(try counters(supervisor).badlen == 3)
    }

    @Test func ownEchoIsDroppedAndAReplayIsNot() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      let sent = try #require(try supervisor.run().advertisements.last)
      // Not inside the macro, which cannot tell the module from the type.
      let copied = CARP.Digest(bytes: sent.digest.bytes)
      let digest = try #require(copied)
      // Equal intervals: from the peer, whose address is the higher one, no reason to yield, but one to answer.
      let echo = Advertisement(vhid: 1, advbase: 0, advskew: 20, demotion: 0, counter: sent.counter, digest: digest)
      supervisor.frame(echo.encoded(), source: FakeSupervisor.own)
      supervisor.frame(echo.encoded(), source: Channel.Address(unspecified: .ipv4))
      let messages = try supervisor.run(milliseconds: 2)
      #expect(messages.notes(.looped).count == 1)
      #expect(try counters(supervisor).looped == 2)
      #expect(supervisor.engine.groups.first?.election.state == .master)
    }

    @Test func overflowIsCounted() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure()
      for _ in 0..<2 { supervisor.send(.overflow(interface: 0, family: .ipv4, kind: .election, count: 41)) }
      _ = try supervisor.run()
      #expect(try counters(supervisor).overflow == 82)
    }

    @Test func randomPacketsDoNoHarm() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure()
      supervisor.link()
      var generator = SystemRandomNumberGenerator()
      for round in 0..<50 {
        for _ in 0..<100 {
          var bytes = (0..<Int.random(in: 0...64)).map { _ in UInt8.random(in: 0...255, using: &generator) }
          if round % 2 == 0, bytes.count > 2 { bytes.replaceSubrange(0..<2, with: [0x21, 1]) }
          supervisor.frame(bytes, ttl: UInt8.random(in: 250...255))
        }
        _ = try supervisor.run(milliseconds: 2)
      }
      #expect(!supervisor.engine.isEnding)
      #expect(try counters(supervisor).ipackets > 1000)
    }
  }
}

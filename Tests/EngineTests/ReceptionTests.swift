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
      let expected = [
        "VHID 1@eth0: incorrect hash", "VHID 1@eth0: wrong TTL", "eth0: checksum failed", "eth0: packet too short",
      ]
      #expect(zip(rejected, expected).allSatisfy { $0.text.hasPrefix("\($1) from 192.0.2.102 (1 since") })
      #expect(rejected.map { $0.field("VHID") } == ["1", "1", "", ""])
      #expect(rejected.allSatisfy { $0.level == .warning && $0.field("INTERFACE") == "eth0" && $0.state == "" })
      #expect(messages.notes(.peerMismatch).map(\.level) == [.warning])
      #expect(supervisor.engine.snapshot().virtualHosts.first?.peerMismatch == true)
    }

    @Test func cutPacketIsShorterThanItsHeader() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure()
      var frame = Frame()
      frame.source = FakeSupervisor.peer
      frame.length = 56
      frame.bytes = FakeSupervisor.header() + [0x21, 1]
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
      frame.source = Channel.Address(.ipv6, 0xfe80 << 112 | 9)
      frame.hopLimit = 255
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
      #expect(messages.notes(.foreignProtocol).map { $0.field("VHID") } == ["1"])
      #expect(messages.notes(.rejected).isEmpty)
      #expect(try counters(supervisor).badlen == 3)
    }

    @Test func ownEchoIsDroppedAndAReplayIsNot() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      let sent = try #require(try supervisor.run().advertisements.last)
      // Not inside the macro, which cannot tell the module from the type.
      let copied = CARP.Digest(bytes: sent.digest)
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
      var frame = Frame()
      frame.lost = 41
      for _ in 0..<2 { supervisor.send(.frame(frame)) }
      _ = try supervisor.run()
      #expect(try counters(supervisor).overflow == 82)
    }

    /// The longest header leaves room for a whole advertisement in a frame.
    @Test(arguments: [0, 1, 10]) func headersHaveOptions(_ words: Int) throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure([FakeSupervisor.host(advbase: 1)])
      supervisor.link()
      supervisor.frame(FakeSupervisor.advertisement(advbase: 1, advskew: 7), options: words)
      _ = try supervisor.run()
      #expect(supervisor.engine.groups.first?.peers.peers.map(\.advskew) == [7])
      #expect(try counters(supervisor).ipackets == 1 && counters(supervisor).badsum == 0)
    }

    /// No header, none that is long enough, and none that ends within the packet.
    @Test func headersThatAreNone() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure()
      let packet = FakeSupervisor.header() + FakeSupervisor.advertisement()
      for first in UInt8.min ... .max {
        for count in [0, 1, 19, 20, 40, 55, 56] {
          var frame = Frame()
          frame.bytes = Array(([first] + packet.dropFirst()).prefix(count))
          for length in [0, 19, 20, 56, UInt16.max] {
            frame.length = length
            let header = Int(first & 0x0f) * 4
            let isPacket = count >= 20 && header >= 20 && header <= Int(length)
            #expect((ReceivedPacket(frame)?.length == Int(length) - header) == isPacket)
          }
          if first & 0x0f != 5 { supervisor.send(.frame(frame)) }
        }
        _ = try supervisor.run(milliseconds: 1)
      }
      #expect(!supervisor.engine.isEnding)
    }

    /// A frame from elsewhere with the vhid's MAC address: the MASTER says where the address is, a moment later.
    @Test func foreignFramesAreAnsweredByTheMaster() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run(milliseconds: 1100)
      var frame = Frame()
      frame.kind = .foreign
      frame.bytes = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x5e, 0, 1, 1, 8, 0]
      frame.length = 64
      func events() -> [EventReport] {
        supervisor.engine.eventLog.events(since: 0).filter { $0.reason == "foreign-frame" }
      }
      supervisor.send(.frame(frame))
      #expect(try supervisor.run(milliseconds: 5).count(.announce) == 0 && events().isEmpty)
      #expect(try supervisor.run(milliseconds: 15).count(.announce) == 1 && events().count == 1)
      // Other vhids, and what is too short to have a source.
      frame.bytes[11] = 2
      supervisor.send(.frame(frame))
      frame.bytes = []
      supervisor.send(.frame(frame))
      _ = try supervisor.run(milliseconds: 20)
      supervisor.frame(FakeSupervisor.advertisement())
      frame.bytes = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0x5e, 0, 1, 1, 8, 0]
      supervisor.send(.frame(frame))
      let backup = try supervisor.run(milliseconds: 20)
      #expect(backup.count(.release) == 1 && backup.count(.announce) == 0 && events().count == 1)
      #expect(try counters(supervisor).ipackets == 1)
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

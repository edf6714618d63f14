import CARP
import Channel
import Election
import Testing

@testable import Engine

extension EngineTests {
  @Suite struct ElectionOverChannelTests {
    @Test func nothingActsBeforeTheCommit() throws {
      let supervisor = try FakeSupervisor()
      supervisor.link()
      supervisor.send(.role(group: 0, change: .held))
      #expect(try supervisor.run(milliseconds: 250).map(\.type) == [.ready])
    }

    @Test func silenceMakesMaster() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure()
      supervisor.link()
      let early = try supervisor.run(milliseconds: 100)
      #expect(early.count(.acquire) == 0 && early.count(.advertise) == 0)
      let messages = try supervisor.run(milliseconds: 250)
      #expect(messages.count(.acquire) == 1)
      #expect(messages.count(.heartbeat) >= 1)
      #expect(messages.count(.announce) >= 2)
      let order = messages.map(\.type).filter { [.acquire, .advertise, .announce].contains($0) }
      #expect(order.prefix(4) == [.acquire, .advertise, .advertise, .announce])
      let transitions = (early + messages).notes(.transition)
      #expect(transitions.map(\.state) == ["BACKUP", "MASTER"])
      #expect(transitions.map(\.reason) == ["initialization-complete", "master-timed-out"])
      #expect(transitions.last?.text == "VHID 1@eth0: BACKUP -> MASTER (master timed out)")
    }

    @Test func advertisementsVerify() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      let sent = try supervisor.run(milliseconds: 250).advertisements
      #expect(sent.count >= 4)
      #expect(Set(sent.map(\.family)) == [.ipv4, .ipv6])
      #expect(Set(sent.map(\.counter)).count == sent.count)
      for advertisement in sent {
        #expect(advertisement.digest == FakeSupervisor.digest(counter: advertisement.counter).bytes)
        #expect(advertisement.advbase == 0 && advertisement.advskew == 20 && advertisement.demotion == 0)
      }
    }

    @Test func sparesAreDepositedForBothFamilies() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure()
      let spares = try supervisor.run(milliseconds: 30).deposits
      #expect(spares.filter { $0.family == .ipv4 }.count == 6)
      #expect(spares.filter { $0.family == .ipv6 }.count == 6)
      #expect(Set(spares.map(\.counter)).count == 12)
      #expect(spares.allSatisfy { $0.digest == FakeSupervisor.digest(counter: $0.counter).bytes })
      supervisor.link()
      supervisor.send(.role(group: 0, change: .held))
      #expect(try supervisor.run(milliseconds: 250).count(.deposit) == 12)
    }

    @Test func betterMasterIsYieldedToAndItsCounterTakenOver() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run()
      supervisor.frame(FakeSupervisor.advertisement(counter: 5_000_000))
      let messages = try supervisor.run()
      #expect(messages.count(.release) == 1)
      #expect(messages.notes(.transition).map(\.state) == ["BACKUP"])
      #expect(supervisor.engine.snapshot().virtualHosts.first?.master == "192.0.2.102")
      let later = try supervisor.run(milliseconds: 300).advertisements
      // Beyond it by no more than what was deposited meanwhile.
      #expect((5_000_001...5_000_032).contains(later.first?.counter ?? 0))
    }

    @Test func failedAcquisitionGivesTheRoleUp() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      let acquire = try #require(try supervisor.run().first { $0.type == .acquire })
      supervisor.send(.result(request: acquire.id - 1, type: .acquire, group: 0, denial: .failed, errno: 0))
      #expect(try supervisor.run().count(.release) == 0, "the outcome of an earlier request")
      supervisor.send(.result(request: acquire.id, type: .acquire, group: 0, denial: .failed, errno: 0))
      #expect(try supervisor.run().count(.release) == 1)
      #expect(supervisor.engine.groups.first?.election.state == .backup)
    }

    @Test func sendErrorsDemoteUntilSendingWorks() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster(FakeSupervisor.host(advbase: 1))
      func fail(_ requests: some Sequence<Packet>) {
        for request in requests {
          supervisor.send(.result(request: request.id, type: .advertise, group: 0, denial: .failed, errno: 0))
        }
      }
      // Two at once, two after 0.1 s, of which one fails, two after 0.3 s.
      fail(try supervisor.run(milliseconds: 40).filter { $0.type == .advertise })
      fail(try supervisor.run(milliseconds: 110).filter { $0.type == .advertise }.prefix(1))
      let demoted = try supervisor.run(milliseconds: 50)
      #expect(demoted.notes(.demoted).map(\.text) == ["demoted by 240 to 240 (send errors, VHID 1@eth0)"])
      #expect(demoted.advertisements.map(\.advskew) == [240, 240])
      #expect(supervisor.engine.snapshot().daemon.demotion == 240)
      let healed = try supervisor.run(milliseconds: 250)
      #expect(healed.notes(.demoted).map(\.text) == ["demoted by -240 to 0 (sending works again, VHID 1@eth0)"])
      #expect(healed.advertisements.last?.advskew == 20)
    }

    @Test func theFirstFailureOfAFamilyIsLogged() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster(FakeSupervisor.host(advbase: 1))
      /// Has what goes out within a time fail, and returns the lines about it.
      func fail(_ errors: [Channel.Family: Int32], within time: UInt64) throws -> [Note] {
        for packet in try supervisor.run(milliseconds: time) {
          guard case .advertise(let request) = packet.message, let errno = errors[request.family] else { continue }
          supervisor.send(
            .result(request: packet.id, type: .advertise, group: 0, denial: .failed, errno: UInt16(errno)))
        }
        return try supervisor.run().notes(.sendFailed)
      }
      let line = "vhid 1@eth0: advertisements by IPv6 cannot be sent: Cannot assign requested address"
      let first = try fail([.ipv6: EADDRNOTAVAIL], within: 40)
      #expect(first.map(\.text) == ["\(line); eth0 needs an IPv6 link-local address"])
      #expect(first.map(\.level) == [.error])
      // After 0.1 s IPv6 still fails, and IPv4 does too.
      let second = try fail([.ipv6: EADDRNOTAVAIL, .ipv4: ENOBUFS], within: 70)
      #expect(second.map(\.text) == ["vhid 1@eth0: advertisements by IPv4 cannot be sent: No buffer space available"])
      // The third failure demoted, which was advertised at once, and nothing was heard of that by 0.3 s.
      #expect(try fail([.ipv6: EADDRNOTAVAIL], within: 300).count == 1)
    }

    @Test func lostLinkReleasesAndComesBackAsBackup() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run()
      supervisor.link(.noCarrier)
      let messages = try supervisor.run()
      #expect(messages.count(.release) == 1 && messages.count(.bowOut) == 0)
      #expect(messages.notes(.transition).map(\.state) == ["INIT"])
      supervisor.link(.unusable)
      #expect(try supervisor.run().notes(.transition).isEmpty)
      supervisor.link(.up)
      #expect(try supervisor.run().notes(.transition).map(\.state) == ["BACKUP"])
    }

    @Test func changesOfLinkAreLogged() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure(tracks: [.track(interface: 1, name: "ppp0", demotion: 0)])
      supervisor.link()
      supervisor.link(.absent, interface: 1)
      let atFirst = try supervisor.run().notes(.link)
      #expect(atFirst.map(\.text) == ["ppp0 is absent"] && atFirst.map(\.fields) == ["\nCARPD_INTERFACE=ppp0"])
      for condition in [LinkCondition.noCarrier, .noCarrier, .down, .unusable, .up] { supervisor.link(condition) }
      supervisor.send(
        .link(interface: 0, .up, ipv4: FakeSupervisor.peer, ipv6: Channel.Address(unspecified: .ipv6)))
      let messages = try supervisor.run()
      let lines = ["eth0 is without carrier", "eth0 is down", "eth0 is unusable", "eth0 is up"]
      #expect(messages.notes(.link).map(\.text) == lines)
      let links = messages.notes(.link)
      #expect(links.allSatisfy { $0.level == .notice && $0.fields == "\nCARPD_INTERFACE=eth0" })
      #expect(messages.notes(.transition).map(\.state) == ["INIT", "BACKUP"])
    }

    @Test func shutdownBowsOut() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run()
      supervisor.send(.shutdown)
      let messages = try supervisor.run(milliseconds: 200)
      #expect(messages.count(.bowOut) == 1)
      #expect(supervisor.engine.isEnding && supervisor.engine.exitCode == 0)
    }

    @Test func lostSupervisorEndsTheEngine() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run()
      supervisor.hangUp()
      _ = try supervisor.run()
      #expect(supervisor.engine.isEnding && supervisor.engine.exitCode == 70)
    }

    private static let nonsense: [[UInt8]] = [
      [1], [1, 64, 0, 0, 0, 0, 0, 1, 7], [9, 64, 0, 0, 0, 0, 0, 1], [1, 1, 0, 0, 0, 0, 0, 1],
    ]

    @Test(arguments: nonsense)
    func nonsenseEndsTheEngine(_ bytes: [UInt8]) throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure()
      _ = try supervisor.run()
      supervisor.sendRaw(bytes)
      _ = try supervisor.run()
      #expect(supervisor.engine.exitCode == 70)
    }

    @Test func incompleteConfigurationEndsTheEngine() throws {
      let supervisor = try FakeSupervisor()
      supervisor.send(.settings(Settings()))
      supervisor.send(FakeSupervisor.host().message)
      supervisor.send(.commit(groups: 1, generation: 1))
      _ = try supervisor.run()
      #expect(supervisor.engine.exitCode == 70)
    }
  }
}

import Channel
import Election
import Testing

@testable import Engine

extension EngineTests {
  @Suite struct ReloadTests {
    @Test func unchangedHostKeepsItsRoleUnderANewNumber() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      let before = try supervisor.run().advertisements
      supervisor.configure(
        [FakeSupervisor.host(group: 0, vhid: 2), FakeSupervisor.host(group: 1, advskew: 30)], generation: 2)
      let messages = try supervisor.run(milliseconds: 150)
      #expect(messages.count(.bowOut) == 0 && messages.count(.release) == 0 && messages.count(.acquire) == 0)
      let after = messages.advertisements
      #expect(after.allSatisfy { $0.group == 1 && $0.advskew == 30 } && !after.isEmpty)
      #expect(Set(after.map(\.counter)).isDisjoint(with: before.map(\.counter)))
      let status = supervisor.engine.snapshot()
      #expect(status.virtualHosts.map(\.state) == ["BACKUP", "MASTER"])
      #expect(status.daemon.generation == 2)
      #expect(status.interfaces.first?.state == "up")
    }

    @Test func changedHostBowsOutAndBeginsAnew() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run()
      var host = FakeSupervisor.host()
      host.addresses = 1
      supervisor.configure([host], generation: 2)
      let messages = try supervisor.run()
      #expect(messages.bowOuts == [0])
      #expect(supervisor.engine.groups.first?.election.state == .backup)
    }

    /// What is sent is signed as before, and the peer's are verified by the old and the new addresses.
    @Test func aTransitionKeepsTheRoleAndTheOldDigests() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run()
      var host = FakeSupervisor.host()
      host.secret = Array("another".utf8)
      var settings = Settings()
      settings.transition = 300
      supervisor.configure([host], generation: 2, settings)
      let during = try supervisor.run(milliseconds: 250)
      #expect(during.bowOuts == [] && during.count(.release) == 0)
      let old = during.advertisements
      #expect(!old.isEmpty)
      #expect(old.allSatisfy { $0.digest == FakeSupervisor.digest(counter: $0.counter).bytes })
      #expect(supervisor.engine.snapshot().virtualHosts.first?.transitionUntil != nil)
      _ = try supervisor.run(milliseconds: 100)
      let new = try supervisor.run(milliseconds: 200).advertisements
      #expect(!new.isEmpty)
      #expect(new.allSatisfy { $0.digest != FakeSupervisor.digest(counter: $0.counter).bytes })
      // Signed by the old password and better: still accepted.
      supervisor.frame(FakeSupervisor.advertisement(counter: 9_000_000))
      #expect(try supervisor.run().count(.release) == 1)
      _ = try supervisor.run(milliseconds: 100)
      #expect(supervisor.engine.snapshot().virtualHosts.first?.transitionUntil == nil)
    }

    @Test func removedHostsAreNotTheEnginesToBowOutOf() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run()
      supervisor.configure([FakeSupervisor.host(group: 0, vhid: 9)], generation: 2)
      #expect(try supervisor.run().count(.bowOut) == 0)
      supervisor.send(.role(group: 0, change: .held))
      _ = try supervisor.run()
      supervisor.configure([FakeSupervisor.host(group: 5)], generation: 3)
      #expect(try supervisor.run().bowOuts.isEmpty)
    }
  }
}

import Channel
import Election
import Testing

@testable import Engine

extension EngineTests {
  /// What the supervisor tells of roles, and what is done about it.
  @Suite struct RoleChangeTests {
    /// A MASTER that has said what it says at first.
    private func master() throws -> FakeSupervisor {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster(FakeSupervisor.host(advbase: 1))
      _ = try supervisor.run(milliseconds: 40)
      return supervisor
    }

    /// What was asked for, without what goes out at its own times.
    private func requests(_ messages: [Packet]) -> [MessageType] {
      messages.map(\.type).filter { [.acquire, .release, .bowOut].contains($0) }
    }

    @Test func whatSomebodyRemovedIsPutBackThreeTimes() throws {
      let supervisor = try master()
      for count in 1...3 {
        supervisor.send(.role(group: 0, change: .damaged, address: 0))
        supervisor.send(.role(group: 0, change: .damaged, address: 1))
        #expect(requests(try supervisor.run(milliseconds: 10)).isEmpty, "in case the whole interface goes")
        let messages = try supervisor.run(milliseconds: 30)
        #expect(requests(messages) == [.acquire])
        let order = messages.map(\.type).drop { $0 != .acquire }
        #expect(order.dropFirst().first == .announce)
        let line = "vhid 1@eth0: somebody removed 192.0.2.1; putting it back (\(count) of 3 a minute)"
        #expect(messages.notes(.removed).map(\.text) == [line])
        #expect(messages.notes(.removed).map(\.level) == [.warning])
      }
      supervisor.send(.role(group: 0, change: .damaged, address: 1))
      let last = try supervisor.run(milliseconds: 40)
      #expect(requests(last) == [.release])
      let line = "vhid 1@eth0: somebody removed 2001:db8::1, again and again; giving the role up"
      #expect(last.notes(.removed).map(\.text) == [line])
      #expect(last.notes(.removed).map(\.level) == [.error])
      #expect(last.notes(.transition).map(\.reason) == ["shared-address-taken-away"])
      #expect(supervisor.engine.groups.first?.election.state == .backup)
    }

    @Test func aMacvlanIsPutBackToo() throws {
      let supervisor = try master()
      supervisor.send(.role(group: 0, change: .damaged, address: 1))
      supervisor.send(.role(group: 0, change: .damaged))
      let messages = try supervisor.run(milliseconds: 40)
      #expect(requests(messages) == [.acquire])
      let line = "vhid 1@eth0: somebody removed its macvlan; putting it back (1 of 3 a minute)"
      #expect(messages.notes(.removed).map(\.text) == [line])
    }

    @Test func withTheInterfaceGoneNothingIsPutBack() throws {
      let supervisor = try master()
      supervisor.send(.role(group: 0, change: .damaged, address: 0))
      supervisor.link(.absent)
      let messages = try supervisor.run(milliseconds: 40)
      #expect(requests(messages) == [.release] && messages.notes(.removed).isEmpty)
    }

    @Test func aBackupHasNothingToPutBack() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure([FakeSupervisor.host(advbase: 1)])
      supervisor.link()
      for change in RoleChange.allCases where change != .held {
        supervisor.send(.role(group: 0, change: change, address: 0))
      }
      supervisor.send(.role(group: 7, change: .damaged, address: 0))
      let messages = try supervisor.run(milliseconds: 40)
      #expect(requests(messages).isEmpty && messages.notes(.removed).isEmpty && messages.count(.announce) == 0)
    }

    /// A virtual host that a reload removed, or gave another number.
    @Test func aReloadMeanwhileIsNoTrouble() throws {
      let supervisor = try master()
      supervisor.send(.role(group: 0, change: .damaged, address: 0))
      supervisor.configure([FakeSupervisor.host(group: 3, vhid: 2, advbase: 1)], generation: 2)
      let messages = try supervisor.run(milliseconds: 40)
      #expect(requests(messages).isEmpty && messages.notes(.removed).isEmpty)
    }

    @Test func aLostRoleIsGivenUp() throws {
      let supervisor = try master()
      supervisor.send(.role(group: 0, change: .lost))
      let messages = try supervisor.run()
      #expect(requests(messages) == [.release])
      #expect(messages.notes(.transition).map(\.reason) == ["shared-address-taken-away"])
    }
  }
}

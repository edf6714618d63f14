import Channel
import Election
import Testing

@testable import Engine

extension EngineTests {
  @Suite struct TrackingTests {
    private static func track(_ demotion: UInt8 = 100) -> Message {
      .track(interface: 1, name: "ppp0", demotion: demotion)
    }

    @Test func aTrackedInterfaceDemotesWhileItIsNotUp() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure(tracks: [Self.track()])
      supervisor.link()
      supervisor.send(.role(group: 0, change: .held))
      // Nothing is known of it yet.
      #expect(try supervisor.run().notes(.demoted).isEmpty)
      supervisor.link(.noCarrier, interface: 1)
      let down = try supervisor.run()
      #expect(down.notes(.demoted).map(\.text) == ["demoted by 100 to 100 (tracked interface down, ppp0)"])
      #expect(down.notes(.demoted).map(\.fields) == ["\nCARPD_INTERFACE=ppp0"])
      #expect(down.advertisements.map(\.advskew).contains(120))
      #expect(supervisor.engine.snapshot().daemon.demotions.map(\.name) == ["track:ppp0"])
      supervisor.link(.down, interface: 1)
      #expect(try supervisor.run().notes(.demoted).isEmpty)
      supervisor.link(.unusable, interface: 1)
      let up = try supervisor.run()
      #expect(up.notes(.demoted).map(\.text) == ["demoted by -100 to 0 (tracked interface up, ppp0)"])
      #expect(up.advertisements.last?.advskew == 20)
    }

    @Test func aReloadChangesOrEndsIt() throws {
      let supervisor = try FakeSupervisor()
      supervisor.configure(tracks: [Self.track()])
      supervisor.link(.absent, interface: 1)
      _ = try supervisor.run()
      supervisor.configure(generation: 2, tracks: [Self.track(30)])
      #expect(try supervisor.run().notes(.demoted).count == 1)
      #expect(supervisor.engine.demotion == 30)
      supervisor.configure(generation: 3)
      #expect(try supervisor.run().notes(.demoted).count == 1)
      #expect(supervisor.engine.demotion == 0)
    }

    @Test func theFactorsAreTheConfigurations() throws {
      let supervisor = try FakeSupervisor()
      var settings = Settings()
      settings.linkDemotion = 17
      supervisor.configure([FakeSupervisor.host()], settings)
      supervisor.link(.down)
      _ = try supervisor.run()
      #expect(supervisor.engine.demotion == 17)
      settings.linkDemotion = 0
      supervisor.configure([FakeSupervisor.host()], generation: 2, settings)
      _ = try supervisor.run()
      #expect(supervisor.engine.demotion == 0)
    }

    @Test func aGroupSharesItsFate() throws {
      let supervisor = try FakeSupervisor()
      var hosts = [FakeSupervisor.host(), FakeSupervisor.host(group: 1, vhid: 2)]
      (hosts[1].interface, hosts[1].interfaceName) = (1, "eth1")
      for index in 0..<2 { hosts[index].fate = "router" }
      supervisor.configure(hosts)
      supervisor.link()
      supervisor.link(.up, interface: 1)
      for group in 0..<2 as Range<UInt16> { supervisor.send(.role(group: group, change: .held)) }
      _ = try supervisor.run()
      supervisor.link(.noCarrier, interface: 1)
      let messages = try supervisor.run(milliseconds: 400)
      #expect(messages.bowOuts == [0] && messages.count(.acquire) == 0)
      #expect(messages.notes(.transition).map(\.reason).contains("another-of-its-group-cannot-serve"))
      #expect(supervisor.engine.snapshot().virtualHosts.map(\.group) == ["router", "router"])
      #expect(supervisor.engine.snapshot().virtualHosts.map(\.state) == ["BACKUP", "INIT"])
    }

    @Test func aStartHoldTakesNothing() throws {
      let supervisor = try FakeSupervisor()
      var settings = Settings()
      settings.startHold = 500
      supervisor.configure([FakeSupervisor.host()], settings)
      supervisor.link()
      #expect(try supervisor.run(milliseconds: 400).count(.acquire) == 0)
      #expect(try supervisor.run(milliseconds: 300).count(.acquire) == 1)
    }
  }
}

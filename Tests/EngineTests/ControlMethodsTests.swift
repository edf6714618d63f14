import CARP
import Channel
import Control
import Glibc
import Testing

@testable import Engine

extension EngineTests {
  @Suite struct ControlMethodsTests {
    private func served(_ host: NumberedHost = FakeSupervisor.host(advbase: 1)) throws -> FakeSupervisor {
      let supervisor = try FakeSupervisor()
      supervisor.configure([host])
      supervisor.link()
      _ = try supervisor.run()
      return supervisor
    }

    /// Sends one request and waits for its reply.
    private func answer<R: ControlRequest>(
      _ request: R, from client: ControlPeer, _ supervisor: FakeSupervisor
    ) throws -> R.Reply {
      client.ask(request)
      _ = try supervisor.run()
      return try #require(try client.reply(to: R.self))
    }

    private func administrator(_ supervisor: FakeSupervisor, _ number: UInt32 = 1) throws -> ControlPeer {
      ControlPeer(try supervisor.connect(number, access: .administer, uid: 0))
    }

    // MARK: Reading

    @Test func peersAreThoseThatWereHeard() throws {
      let supervisor = try served()
      supervisor.frame(FakeSupervisor.advertisement(advbase: 1, advskew: 7))
      let stranger = Channel.Address(.ipv4, 0xc000_0299)
      let forged = Advertisement(
        vhid: 1, advbase: 1, advskew: 9, demotion: 0, counter: 7, digest: FakeSupervisor.digest(counter: 8))
      supervisor.frame(forged.encoded(), source: stranger)
      _ = try supervisor.run()
      let client = ControlPeer(try supervisor.connect())
      let peers = try answer(PeersRequest(), from: client, supervisor).peers
      #expect(peers.map(\.source) == ["192.0.2.102", "192.0.2.153"])
      #expect(peers.map(\.advskew) == [7, 9])
      #expect(peers.map(\.verified) == [true, false])
      #expect(peers.map(\.master) == [true, false])
      #expect(peers.allSatisfy { $0.interface == "eth0" && $0.vhid == 1 && $0.advbase == 1 })
      #expect(try answer(CountersRequest(), from: client, supervisor).interfaces.first?.counters.badauth == 1)
    }

    @Test func strangersCannotCrowdOutPeers() {
      let advertisement = Advertisement(
        vhid: 1, advbase: 1, advskew: 0, demotion: 0, counter: 0, digest: FakeSupervisor.digest(counter: 0))
      var table = PeerTable()
      for number in 0..<UInt32(20) {
        table.heard(advertisement, from: .ipv4(number), isVerified: true, now: UInt64(number))
      }
      for number in 0..<UInt32(1000) {
        table.heard(advertisement, from: .ipv4(1000 + number), isVerified: false, now: UInt64(100 + number))
      }
      #expect(table.peers.count == PeerTable.capacity)
      #expect(table.peers.count { $0.isVerified } == 20)
      for number in 0..<UInt32(40) {
        table.heard(advertisement, from: .ipv4(5000 + number), isVerified: true, now: UInt64(2000 + number))
      }
      #expect(Set(table.peers.map(\.source)) == Set((5008..<5040).map { CARP.Address.ipv4($0) }))
    }

    @Test func eventsAreNumberedAndSayWhy() throws {
      let supervisor = try served(FakeSupervisor.host())
      _ = try supervisor.run(milliseconds: 300)
      let client = ControlPeer(try supervisor.connect())
      let reply = try answer(EventsRequest(), from: client, supervisor)
      #expect(reply.events.map(\.number) == Array(1...reply.events.count))
      #expect(reply.first == 1 && reply.next == reply.events.count + 1 && reply.boot.utf8.count == 16)
      let transitions = reply.events.filter { $0.kind == .transition }
      #expect(transitions.map(\.reason) == ["initialization-complete", "master-timed-out"])
      #expect(transitions.last?.text == "carp: VHID 1@eth0: BACKUP -> MASTER (master timed out)")
      #expect(transitions.last?.from == "BACKUP" && transitions.last?.to == "MASTER")
      #expect(transitions.last?.interface == "eth0" && transitions.last?.vhid == 1)
      #expect(transitions.last?.time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
      #expect(try answer(EventsRequest(since: reply.next - 1), from: client, supervisor).events == [])
      #expect(try answer(EventsRequest(since: 1), from: client, supervisor).events.first?.number == 2)
      #expect(try answer(EventsRequest(since: .max), from: client, supervisor).events == [])
      #expect(try answer(EventsRequest(since: .min), from: client, supervisor).events.count == reply.events.count)
    }

    @Test func aThousandEventsAreKept() {
      var generator = SystemRandomNumberGenerator()
      var log = EventLog(using: &generator)
      #expect(log.first == 1 && log.last == 0 && log.events(since: 0).isEmpty)
      for _ in 0..<2345 { _ = log.append(EventReport(.link, reason: "", text: "")) }
      #expect(log.first == 1346 && log.last == 2345)
      #expect(log.events(since: 0).map(\.number) == Array(1346...2345))
      #expect(log.events(since: 2340).map(\.number) == Array(2341...2345))
    }

    // MARK: Watching

    @Test func watchBeginsWithASnapshot() throws {
      let supervisor = try served(FakeSupervisor.host())
      let client = ControlPeer(try supervisor.connect())
      client.ask(WatchRequest())
      _ = try supervisor.run()
      let snapshot = try #require(try client.reply(to: WatchRequest.self)?.snapshot)
      #expect(client.continues)
      #expect(snapshot.virtualHosts.first?.state == "BACKUP")
      _ = try supervisor.run(milliseconds: 300)
      supervisor.link(.noCarrier)
      _ = try supervisor.run()
      var events: [EventReport] = []
      while let event = try client.reply(to: WatchRequest.self)?.event { events.append(event) }
      #expect(events.map(\.number).first == snapshot.daemon.event + 1)
      #expect(zip(events, events.dropFirst()).allSatisfy { $1.number == $0.number + 1 })
      #expect(events.filter { $0.kind == .transition }.map(\.to) == ["MASTER", "INIT"])
      #expect(events.contains { $0.kind == .link && $0.from == "up" && $0.to == "no-carrier" })
    }

    @Test func watchNeedsMore() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      client.send("{\"method\":\"io.carpd.Control.Watch\"}")
      _ = try supervisor.run()
      #expect(throws: ClientError.refused(.expectedMore)) { try client.reply(to: WatchRequest.self) }
    }

    @Test func aSlowWatcherIsToldOfTheGap() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      client.ask(WatchRequest())
      _ = try supervisor.run()
      // More than the socket and the buffer hold.
      let count = 20_000
      for number in 1...count {
        supervisor.engine.record(EventReport(.link, reason: "test", text: String(repeating: "x", count: 100)))
        if number % 1000 == 0 { _ = try supervisor.run(milliseconds: 1) }
      }
      let kept = supervisor.engine.eventLog.last
      var numbers: [Int] = []
      var missed = 0
      var snapshot: ShowReply?
      while true {
        guard let reply = try client.reply(to: WatchRequest.self) else {
          // What is read makes room for what waits.
          let before = numbers.count + missed
          _ = try supervisor.run()
          guard let next = try client.reply(to: WatchRequest.self) else {
            #expect(numbers.count + missed == before)
            break
          }
          take(next)
          continue
        }
        take(reply)
      }
      func take(_ reply: WatchReply) {
        if let event = reply.event { numbers.append(event.number) }
        if let gap = reply.missed { missed += gap }
        if let first = reply.snapshot { snapshot = first }
      }
      #expect(missed > 0 && numbers.count > 100)
      #expect(numbers.count + missed == kept - (snapshot?.daemon.event ?? 0), "nothing is lost untold")
      #expect(numbers == numbers.sorted())
      supervisor.engine.record(EventReport(.link, reason: "last", text: ""))
      _ = try supervisor.run()
      #expect(try client.reply(to: WatchRequest.self)?.event?.number == kept + 1)
    }

    @Test func aWatcherThatNeverReadsMayStayAndOneThatLeavesIsForgotten() throws {
      let supervisor = try served()
      let idle = ControlPeer(try supervisor.connect(1))
      var gone: ControlPeer? = ControlPeer(try supervisor.connect(2))
      idle.ask(WatchRequest())
      gone?.ask(WatchRequest())
      _ = try supervisor.run()
      supervisor.engine.control?.expire(now: .max)
      gone = nil
      #expect(try supervisor.run().closed == [2])
    }

    // MARK: Administering

    @Test func readersAreRefusedAndReported() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect(7, uid: 1234))
      client.ask(MaintenanceRequest(enable: true))
      client.ask(PromoteRequest(interface: "eth0", vhid: 1))
      client.ask(ReloadRequest())
      client.ask(SetLogLevelRequest(level: .error))
      client.ask(AuditHeadRequest())
      let messages = try supervisor.run()
      #expect(messages.administered.map(\.act) == [.maintenance, .promote, .reload, .setLogLevel, .auditHead])
      #expect(messages.administered.allSatisfy { $0.connection == 7 && !$0.isAllowed })
      for method in ["Maintenance", "Promote", "Reload", "SetLogLevel", "AuditHead"] {
        #expect(throws: ClientError.refused(.notAuthorized(method: method, uid: 1234))) {
          try client.reply(to: ReloadRequest.self)
        }
      }
      #expect(supervisor.engine.groups.first?.election.state == .backup)
    }

    @Test func refusalsAreNoFloodAndHoldNobodyUp() throws {
      let supervisor = try served()
      let readers = try (1...30).map { ControlPeer(try supervisor.connect(UInt32($0))) }
      for reader in readers { for _ in 0..<10 { reader.ask(ReloadRequest()) } }
      var reported = try supervisor.run(milliseconds: 100).administered.count
      #expect(reported <= Int(ControlServer.callsPerSecond) + 3)
      let administrator = try administrator(supervisor, 100)
      administrator.ask(SetLogLevelRequest(level: .info))
      readers[0].ask(ShowRequest())
      let messages = try supervisor.run(milliseconds: 100)
      reported += messages.administered.count
      let level = messages.administered.filter(\.isAllowed)
      #expect(level.map(\.act) == [.setLogLevel] && level.map(\.value) == [6])
      #expect(try administrator.reply(to: SetLogLevelRequest.self) != nil)
      #expect(reported <= Int(ControlServer.callsPerSecond) + 6)
    }

    @Test func promoteAndYield() throws {
      let supervisor = try served()
      let client = try administrator(supervisor)
      client.ask(PromoteRequest(interface: "eth0", vhid: 1))
      var messages = try supervisor.run()
      #expect(try client.reply(to: PromoteRequest.self) == EmptyReply())
      #expect(messages.administered.map(\.act) == [.promote] && messages.administered.first?.group == 0)
      #expect(messages.count(.acquire) == 1)
      #expect(supervisor.engine.groups.first?.election.state == .master)
      client.ask(YieldRequest(interface: "eth0", vhid: 1))
      messages = try supervisor.run()
      #expect(messages.bowOuts == [0])
      #expect(supervisor.engine.groups.first?.election.state == .backup)
      _ = try client.reply(to: YieldRequest.self)
      client.ask(YieldRequest(interface: "eth1", vhid: 1))
      client.ask(YieldRequest(interface: "eth0", vhid: 256))
      _ = try supervisor.run()
      #expect(throws: ClientError.refused(.noSuchVirtualHost(interface: "eth1", vhid: 1))) {
        try client.reply(to: YieldRequest.self)
      }
      #expect(throws: ClientError.refused(.noSuchVirtualHost(interface: "eth0", vhid: 256))) {
        try client.reply(to: YieldRequest.self)
      }
      supervisor.link(.down)
      _ = try supervisor.run()
      client.ask(PromoteRequest(interface: "eth0", vhid: 1))
      _ = try supervisor.run()
      #expect(throws: ClientError.self) { try client.reply(to: PromoteRequest.self) }
      client.ask(EventsRequest())
      _ = try supervisor.run()
      let events = try #require(try client.reply(to: EventsRequest.self)).events
      #expect(events.filter { $0.kind == .administration }.map(\.reason) == ["promote", "yield"])
      #expect(events.first { $0.reason == "promote" }?.source == "uid 0")
    }

    // MARK: Demoting

    @Test func demoteTellsTheOtherMachinesAtOnce() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run()
      let client = try administrator(supervisor)
      client.ask(DemoteRequest(name: "backup", value: 50, reason: "nightly"))
      let messages = try supervisor.run()
      #expect(try client.reply(to: DemoteRequest.self) == DemotionReply(demotion: 50))
      #expect(messages.administered.map(\.act) == [.demote])
      #expect(messages.advertisements.contains { $0.advskew == 70 })
      #expect(try answer(DemoteRequest(name: "check", value: 240), from: client, supervisor).demotion == 290)
      #expect(try answer(DemoteRequest(name: "backup", value: 20), from: client, supervisor).demotion == 260)
      let daemon = try answer(ShowRequest(), from: client, supervisor).daemon
      #expect(daemon.demotion == 260 && daemon.demotions.map(\.name) == ["backup", "check"])
      #expect(daemon.demotions.allSatisfy { $0.owner == "uid 0" && !$0.held && $0.expires == nil })
      _ = try supervisor.run(milliseconds: 150)
      #expect(supervisor.engine.groups.first?.election.wireSkew == 240)
      // Removable by anyone who is allowed.
      let other = ControlPeer(try supervisor.connect(2, access: .administer, uid: 5))
      #expect(try answer(UndemoteRequest(name: "check"), from: other, supervisor).demotion == 20)
      other.ask(UndemoteRequest(name: "check"))
      _ = try supervisor.run()
      #expect(throws: ClientError.refused(.noSuchDemotion(name: "check"))) { try other.reply(to: UndemoteRequest.self) }
      let events = try answer(EventsRequest(), from: client, supervisor).events.filter { $0.kind == .demotion }
      #expect(events.map(\.demotion) == [50, 290, 260, 20])
      #expect(events.first?.text == "carp: demoted by 50 to 50 (backup: nightly)")
      #expect(events.map(\.reason) == ["requested", "requested", "requested", "withdrawn"])
    }

    @Test func demotionsEndByThemselves() throws {
      let supervisor = try served()
      let client = try administrator(supervisor)
      var holder: ControlPeer? = try administrator(supervisor, 2)
      client.ask(DemoteRequest(name: "a", value: 1, seconds: 1))
      client.ask(DemoteRequest(name: "b", value: 2))
      holder?.ask(DemoteRequest(name: "c", value: 4, hold: true))
      _ = try supervisor.run()
      #expect(supervisor.engine.demotion == 7)
      client.ask(ShowRequest())
      _ = try supervisor.run()
      _ = try client.reply(to: DemoteRequest.self)
      _ = try client.reply(to: DemoteRequest.self)
      let shown = try #require(try client.reply(to: ShowRequest.self)).daemon.demotions
      #expect(shown.map(\.held) == [false, false, true])
      #expect(shown.map { $0.expires == nil } == [false, true, true])
      holder = nil
      _ = try supervisor.run()
      #expect(supervisor.engine.demotion == 3)
      supervisor.engine.expireDemotions(now: .max)
      supervisor.engine.settle()
      #expect(supervisor.engine.demotion == 2)
    }

    @Test func demotionsHaveLimits() throws {
      let supervisor = try served()
      let client = try administrator(supervisor)
      let wrong: [(DemoteRequest, String)] = [
        (DemoteRequest(name: "", value: 1), "name"), (DemoteRequest(name: "a b", value: 1), "name"),
        (DemoteRequest(name: "link:eth0-1", value: 1), "name"), (DemoteRequest(name: "maintenance", value: 1), "name"),
        (DemoteRequest(name: String(repeating: "a", count: 65), value: 1), "name"),
        (DemoteRequest(name: "a", value: 256), "value"), (DemoteRequest(name: "a", value: .min), "value"),
        (DemoteRequest(name: "a", value: 1, reason: String(repeating: "x", count: 201)), "reason"),
        (DemoteRequest(name: "a", value: 1, reason: "two\nlines"), "reason"),
        (DemoteRequest(name: "a", value: 1, seconds: 0), "seconds"),
        (DemoteRequest(name: "a", value: 1, seconds: .max), "seconds"),
      ]
      for (request, parameter) in wrong {
        client.ask(request)
        _ = try supervisor.run(milliseconds: 5)
        #expect(throws: ClientError.refused(.invalidParameter(parameter))) { try client.reply(to: DemoteRequest.self) }
      }
      for number in 0..<Demotions.clientLimit {
        var source = Demotions.Source(value: 1)
        source.owner = "uid 0"
        supervisor.engine.demote("d\(number)", source, because: .requested)
      }
      _ = try supervisor.run(milliseconds: 1100)
      client.ask(DemoteRequest(name: "d0", value: 0))
      client.ask(DemoteRequest(name: "more", value: 1))
      _ = try supervisor.run(milliseconds: 100)
      #expect(try client.reply(to: DemoteRequest.self)?.demotion == Demotions.clientLimit - 1)
      #expect(throws: ClientError.self) { try client.reply(to: DemoteRequest.self) }
    }

    @Test func manyChangesMakeFewAdvertisements() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run(milliseconds: 30)
      for number in 0..<50 {
        supervisor.engine.demote("d", Demotions.Source(value: 1 + number % 2), because: .requested)
        supervisor.engine.settle()
        _ = try supervisor.run(milliseconds: 2)
      }
      let sent = supervisor.engine.interfaces.values.reduce(0) { $0 + $1.counters.opackets }
      _ = try supervisor.run(milliseconds: 150)
      #expect(sent < 30)
      #expect(supervisor.engine.demotion == 2)
    }

    @Test func maintenanceGivesEveryRoleAwayAndTakesItLast() throws {
      let supervisor = try FakeSupervisor()
      supervisor.becomeMaster()
      _ = try supervisor.run()
      let client = try administrator(supervisor)
      client.ask(MaintenanceRequest(enable: true, reason: "new kernel"))
      let messages = try supervisor.run()
      #expect(try client.reply(to: MaintenanceRequest.self) == EmptyReply())
      #expect(messages.bowOuts == [0])
      let shown = try answer(ShowRequest(), from: client, supervisor)
      #expect(shown.daemon.maintenance && shown.daemon.demotion == 240)
      #expect(shown.daemon.demotions.map(\.reason) == ["new kernel"])
      #expect(shown.virtualHosts.first?.state == "BACKUP")
      // The ordinary master-down time is 234 ms, the longest one three seconds.
      _ = try supervisor.run(milliseconds: 2000)
      #expect(supervisor.engine.groups.first?.election.state == .backup)
      _ = try supervisor.run(milliseconds: 1200)
      #expect(supervisor.engine.groups.first?.election.state == .master, "nobody else is there")
      client.ask(UndemoteRequest(name: "maintenance"))
      client.ask(MaintenanceRequest(enable: false))
      client.ask(MaintenanceRequest(enable: false))
      _ = try supervisor.run()
      #expect(throws: ClientError.self) { try client.reply(to: UndemoteRequest.self) }
      #expect(supervisor.engine.demotion == 0 && !supervisor.engine.isInMaintenance)
      let events = supervisor.engine.eventLog.events(since: 0).filter { $0.kind == .administration }
      #expect(events.map(\.reason) == ["maintenance-on", "maintenance-off"])
    }

    @Test func reloadIsAnsweredWhenItIsDone() throws {
      let supervisor = try served()
      let client = try administrator(supervisor, 1)
      let other = try administrator(supervisor, 2)
      client.ask(ReloadRequest())
      other.ask(ReloadRequest())
      var messages = try supervisor.run()
      #expect(messages.reloads == [1], "one at a time")
      #expect(try client.reply(to: ReloadRequest.self) == nil)
      supervisor.send(.diagnostic(level: .warning, line: 3, column: 4, text: "odd"))
      supervisor.send(.diagnostic(level: .info, line: 1, column: 1, text: "for --check"))
      supervisor.configure([FakeSupervisor.host(advbase: 1)], generation: 2)
      supervisor.send(.reloadResult(connection: 1, succeeded: true, generation: 2))
      messages = try supervisor.run()
      let odd = DiagnosticReport(severity: .warning, file: "", line: 3, column: 4, message: "odd")
      #expect(try client.reply(to: ReloadRequest.self) == ReloadReply(generation: 2, diagnostics: [odd]))
      #expect(messages.reloads == [2])
      supervisor.send(.diagnostic(level: .error, line: 1, column: 1, text: "wrong"))
      supervisor.send(.reloadResult(connection: 2, succeeded: false, generation: 2))
      _ = try supervisor.run()
      let wrong = DiagnosticReport(severity: .error, file: "", line: 1, column: 1, message: "wrong")
      #expect(throws: ClientError.refused(.invalidConfiguration([wrong]))) { try other.reply(to: ReloadRequest.self) }
      // By signal: nobody waits, and nothing of it is told to the next one.
      supervisor.send(.diagnostic(level: .error, line: 9, column: 9, text: "by signal"))
      supervisor.send(.reloadResult(connection: 0, succeeded: false, generation: 2))
      client.ask(ReloadRequest())
      _ = try supervisor.run()
      supervisor.send(.reloadResult(connection: 1, succeeded: true, generation: 3))
      _ = try supervisor.run()
      #expect(try client.reply(to: ReloadRequest.self) == ReloadReply(generation: 3, diagnostics: []))
    }

    @Test func reloadsDoNotStandStill() throws {
      let supervisor = try served()
      var gone: ControlPeer? = try administrator(supervisor, 1)
      let client = try administrator(supervisor, 2)
      let last = try administrator(supervisor, 3)
      gone?.ask(ReloadRequest())
      _ = try supervisor.run()
      client.ask(ReloadRequest())
      last.ask(ReloadRequest())
      _ = try supervisor.run()
      gone = nil
      _ = try supervisor.run()
      #expect(try supervisor.run().reloads == [], "the one that was asked for is not over")
      supervisor.engine.expireCalls(now: .max)
      let asked = try supervisor.run()
      #expect(asked.reloads == [2])
      let request = try #require(asked.first { $0.type == .administer }).id
      // One of another request is none of this one.
      for id in [request &- 1, request] {
        supervisor.send(.result(request: id, type: .administer, group: 0xffff, denial: .notAdministrator, errno: 0))
      }
      #expect(try supervisor.run().reloads == [3])
      #expect(throws: ClientError.self) { try client.reply(to: ReloadRequest.self) }
      supervisor.send(.reloadResult(connection: 3, succeeded: true, generation: 2))
      _ = try supervisor.run()
      #expect(try last.reply(to: ReloadRequest.self)?.generation == 2)
    }

    @Test func auditHead() throws {
      let supervisor = try served()
      let client = try administrator(supervisor, 4)
      client.ask(AuditHeadRequest())
      let asked = try supervisor.run().administered
      #expect(asked.map(\.act) == [.auditHead] && asked.map(\.isAllowed) == [true])
      var status = AuditStatus()
      status.isWorking = true
      status.sequence = 17
      status.hash = [0x0a] + [UInt8](repeating: 0xff, count: 31)
      supervisor.send(.auditHead(connection: 4, status))
      _ = try supervisor.run()
      let reply = try #require(try client.reply(to: AuditHeadRequest.self))
      #expect(reply.working && reply.sequence == 17)
      #expect(reply.hash == "0a" + String(repeating: "f", count: 62))
    }
  }
}

extension [Packet] {
  /// The connections that a reload was asked for.
  fileprivate var reloads: [UInt32] {
    administered.filter { $0.act == .reload && $0.isAllowed }.map(\.connection)
  }
}

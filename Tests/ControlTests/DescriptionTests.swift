import Control
import FoundationEssentials
import Testing

/// The interface description is valid, and is what the daemon and carpctl really say.
@Suite struct DescriptionTests {
  private let interface: Grammar.Interface

  init() throws {
    interface = try Grammar.parse(try #require(InterfaceDescription.named(InterfaceDescription.controlName)))
  }

  @Test func isValidVarlink() throws {
    #expect(interface.name == "io.carpd.Control")
    let service = try Grammar.parse(try #require(InterfaceDescription.named(InterfaceDescription.serviceName)))
    #expect(service.name == "org.varlink.service")
    #expect(service.methods.keys.sorted() == ["GetInfo", "GetInterfaceDescription"])
  }

  @Test(arguments: [
    "interface x", "interface a.b\ntype x (a: int)", "interface a.b\ntype X (a: int, b)",
    "interface a.b\ntype X (a_: int)",
    "interface a.b\nmethod X(a) -> ()", "interface a.b\nmethod X()", "interface a.b\ntype X (a: ??int)",
    "interface a.b\ntype X (a: no-carrier)", "interface a.b\ntype X (a: int)\nerror X ()",
    "interface a.b\ntype X (a, a)",
    "interface a.b\ntype X (a: Integer, b: integer)", "interface a.b\ntype X (a: int",
  ])
  func theGrammarRefuses(_ text: String) {
    #expect(throws: Grammar.Mistake.self) { try Grammar.parse(text) }
  }

  @Test func everyMethodAndNoOther() {
    #expect(interface.methods.keys.sorted() == ControlMethod.allCases.map(\.rawValue).sorted())
  }

  @Test func everyTypeThatIsNamedIsThereAndUsed() {
    var used: Set<String> = []
    func visit(_ type: Grammar.TypeExpression) {
      switch type {
      case .named(let name):
        if used.insert(name).inserted { interface.types[name].map(visit) }
      case .structure(let fields): for field in fields { visit(field.type) }
      case .nullable(let inner), .array(let inner), .map(let inner): visit(inner)
      case .simple, .enumeration: break
      }
    }
    for method in interface.methods.values {
      visit(method.input)
      visit(method.output)
    }
    for error in interface.errors.values { visit(error) }
    #expect(used == Set(interface.types.keys))
  }

  // MARK: Requests

  private func check<R: ControlRequest>(_ request: R) throws {
    let method = try #require(interface.methods[R.method.rawValue])
    #expect(try JSON.of(request).deviations(from: method.input, in: interface) == [], "\(R.method)")
  }

  @Test func requestsAreAsDescribed() throws {
    try check(ShowRequest())
    try check(PeersRequest())
    try check(CountersRequest())
    try check(EventsRequest())
    try check(WatchRequest())
    try check(DemoteRequest(name: "backup", value: 100, reason: "nightly", seconds: 60, hold: true))
    try check(UndemoteRequest(name: "backup"))
    try check(MaintenanceRequest(enable: true, reason: "new kernel"))
    try check(PromoteRequest(interface: "eth0", vhid: 1))
    try check(YieldRequest(interface: "eth0", vhid: 1))
    try check(ReloadRequest())
    for level in LogLevel.allCases { try check(SetLogLevelRequest(level: level)) }
    try check(AuditHeadRequest())
  }

  @Test func callsAreWhatAServiceUnderstands() throws {
    var connection = ServerConnection()
    let request = DemoteRequest(name: "a\"\\\u{1}ü", value: 7)
    connection.receive(ClientConnection.call(request) + ClientConnection.call(WatchRequest()))
    let first = connection.nextCall()
    let call = try #require(first)
    #expect(call.method == "io.carpd.Control.Demote" && !call.wantsMore && !call.isOneway)
    #expect(try call.parameters(as: DemoteRequest.self) == request)
    connection.finish(.reply(EmptyReply()))
    connection.sent(connection.output.count)
    let second = connection.nextCall()
    let watch = try #require(second)
    #expect(watch.method == "io.carpd.Control.Watch" && watch.wantsMore)
  }

  // MARK: Replies

  private var snapshot: ShowReply {
    var host = VirtualHostStatus()
    host.state = "BACKUP"
    host.mac = "virtual"
    host.addresses = ["192.0.2.1/24"]
    host.peers = ["192.0.2.102"]
    host.silentFamilies = ["IPv6"]
    host.transitionUntil = "2026-01-01T00:00:00Z"
    host.group = "gw"
    var daemon = DaemonStatus()
    daemon.demotions = [
      DemotionStatus(name: "x", owner: "uid 0", value: 1, reason: "", since: "2026", expires: "2027", held: false)
    ]
    return ShowReply(virtualHosts: [host], interfaces: [InterfaceStatus()], daemon: daemon)
  }

  private func event(_ kind: EventKind) -> EventReport {
    var event = EventReport(kind, reason: "master-timed-out", text: "")
    event.interface = "eth0"
    event.vhid = 1
    event.from = "BACKUP"
    event.to = "MASTER"
    event.demotion = 0
    event.source = "192.0.2.102"
    return event
  }

  private func check<R: ControlRequest>(_: R.Type, _ reply: R.Reply) throws {
    let method = try #require(interface.methods[R.method.rawValue])
    #expect(try JSON.of(reply).deviations(from: method.output, in: interface) == [], "\(R.method)")
  }

  @Test func repliesAreAsDescribed() throws {
    let diagnostic = DiagnosticReport(severity: .warning, file: "carpd.toml", line: 1, column: 2, message: "")
    try check(ShowRequest.self, snapshot)
    try check(PeersRequest.self, PeersReply(peers: [PeerStatus()]))
    try check(CountersRequest.self, CountersReply(interfaces: [InterfaceStatus()]))
    try check(
      EventsRequest.self,
      EventsReply(events: EventKind.allCases.map(event), first: 1, next: 2, boot: "abc"))
    var whole = WatchReply(snapshot: snapshot)
    whole.event = event(.transition)
    whole.missed = 3
    try check(WatchRequest.self, whole)
    try check(DemoteRequest.self, DemotionReply(demotion: 1))
    try check(UndemoteRequest.self, DemotionReply(demotion: 1))
    try check(MaintenanceRequest.self, EmptyReply())
    try check(PromoteRequest.self, EmptyReply())
    try check(YieldRequest.self, EmptyReply())
    try check(ReloadRequest.self, ReloadReply(generation: 2, diagnostics: [diagnostic]))
    try check(SetLogLevelRequest.self, EmptyReply())
    try check(AuditHeadRequest.self, AuditHeadReply(working: true, sequence: 1, hash: "00"))
  }

  @Test func textSurvivesTheWriter() throws {
    let text = String((0..<300).compactMap { UnicodeScalar($0) }.map(Character.init)) + "\u{10ffff}\u{2028}"
    var event = event(.link)
    event.text = text
    event.vhid = .min
    let message = try #require(Answer.reply(WatchReply(event: event)).message(continues: true))
    #expect(message.count { $0 == 0 } == 1 && message.last == 0)
    var connection = ClientConnection()
    try connection.receive(message)
    #expect(try connection.reply(as: WatchReply.self) == WatchReply(event: event))
    #expect(connection.continues)
  }

  @Test func whatIsWrittenIsWhatTheToolchainWrites() throws {
    let values: [any Encodable] = [snapshot, event(.link), EmptyReply(), VarlinkError.busy] + errors
    for value in values {
      let written = try #require(Answer.reply(value).message()).dropLast()
      let json = try #require(try JSONDecoder().decode(JSON.self, from: Data(written))["parameters"])
      #expect(json == (try JSON.of(value)))
    }
  }

  // MARK: Errors

  private let errors: [VarlinkError] = [
    .notAuthorized(method: "Demote", uid: 1000), .noSuchVirtualHost(interface: "eth0", vhid: 9),
    .noSuchDemotion(name: "x"),
    .invalidConfiguration([
      DiagnosticReport(severity: .error, file: "carpd.toml", line: 1, column: 2, message: "wrong")
    ]),
    .busy, .notPossible(reason: "no link"),
  ]

  @Test func errorsAreAsDescribed() throws {
    #expect(Set(errors.map(\.name)) == Set(interface.errors.keys.map { "io.carpd.Control.\($0)" }))
    for error in errors {
      let json = try JSON.of(error)
      let name = try #require(error.name.split(separator: ".").last)
      let type = try #require(interface.errors[String(name)])
      #expect(try #require(json["parameters"]).deviations(from: type, in: interface) == [], "\(name)")
    }
  }

  @Test func errorsComeBackAsTheyWere() throws {
    let service: [VarlinkError] = [
      .interfaceNotFound("a.b"), .methodNotFound("a.b.C"), .methodNotImplemented("a.b.C"), .invalidParameter("x"),
      .expectedMore,
    ]
    for error in errors + service {
      var connection = ClientConnection()
      try connection.receive(Array(JSONEncoder().encode(error)) + [0])
      #expect(throws: ClientError.refused(error)) { try connection.reply(as: EmptyReply.self) }
    }
    var connection = ClientConnection()
    try connection.receive(Array(#"{"error":"io.carpd.Control.Busy"}"#.utf8) + [0])
    #expect(throws: ClientError.refused(.busy)) { try connection.reply(as: EmptyReply.self) }
    try connection.receive(Array(#"{"error":"io.carpd.Control.New","parameters":{"x":[]}}"#.utf8) + [0])
    #expect(throws: ClientError.refused(.unknown("io.carpd.Control.New"))) { try connection.reply(as: EmptyReply.self) }
  }
}

/// How the messages of one type are made of their fields, and taken apart.
struct Form: Sendable {
  /// By the numbers of their types.
  static let all = MessageType.allCases.map(Message.form)
  let message: @Sendable (inout Reader) throws(Malformed) -> Message
  /// The bytes of its fields; nil if the message is of another type.
  let bytes: @Sendable (Message) -> [UInt8]?

  fileprivate init<each T: Field>(
    _ make: @escaping @Sendable (repeat each T) -> Message,
    _ take: @escaping @Sendable (Message) -> (repeat each T)?
  ) {
    message = { (read) throws(Malformed) in make(repeat try (each T)(&read)) }
    bytes = { message in
      guard let fields = take(message) else { return nil }
      var bytes: [UInt8] = []
      for field in repeat each fields { field.append(to: &bytes) }
      return bytes
    }
  }
}

extension Message {
  fileprivate static func form(_ type: MessageType) -> Form {
    switch type {
    case .ready: Form({ ready }, { if case .ready = $0 { () } else { nil } })
    case .advertise: Form(advertise) { if case .advertise(let it) = $0 { it } else { nil } }
    case .acquire: Form(acquire) { if case .acquire(let it) = $0 { it } else { nil } }
    case .release: Form(release) { if case .release(let it) = $0 { it } else { nil } }
    case .bowOut: Form(bowOut) { if case .bowOut(let it) = $0 { it } else { nil } }
    case .announce: Form(announce) { if case .announce(let it) = $0 { it } else { nil } }
    case .deposit: Form(deposit) { if case .deposit(let it) = $0 { it } else { nil } }
    case .note: Form(note) { if case .note(let it) = $0 { it } else { nil } }
    case .heartbeat: Form(heartbeat) { if case .heartbeat(let it) = $0 { it } else { nil } }
    case .closed: Form(closed) { if case .closed(let it) = $0 { it } else { nil } }
    case .administer:
      Form(administer) { if case .administer(let a, let b, let c, let d, let e) = $0 { (a, b, c, d, e) } else { nil } }
    case .settings: Form(settings) { if case .settings(let it) = $0 { it } else { nil } }
    case .virtualHost: Form(virtualHost) { if case .virtualHost(let a, let b, let c) = $0 { (a, b, c) } else { nil } }
    case .address: Form(address) { if case .address(let a, let b) = $0 { (a, b) } else { nil } }
    case .track: Form(track) { if case .track(let a, let b, let c) = $0 { (a, b, c) } else { nil } }
    case .commit: Form(commit) { if case .commit(let a, let b) = $0 { (a, b) } else { nil } }
    case .diagnostic:
      Form(diagnostic) { if case .diagnostic(let a, let b, let c, let d) = $0 { (a, b, c, d) } else { nil } }
    case .frame: Form(frame) { if case .frame(let it) = $0 { it } else { nil } }
    case .link: Form(link) { if case .link(let a, let b, let c, let d) = $0 { (a, b, c, d) } else { nil } }
    case .role: Form(role) { if case .role(let a, let b, let c) = $0 { (a, b, c) } else { nil } }
    case .result:
      Form(result) { if case .result(let a, let b, let c, let d, let e) = $0 { (a, b, c, d, e) } else { nil } }
    case .connection: Form(connection) { if case .connection(let it) = $0 { it } else { nil } }
    case .stalled: Form(stalled) { if case .stalled(let it) = $0 { it } else { nil } }
    case .reloadResult:
      Form(reloadResult) { if case .reloadResult(let a, let b, let c) = $0 { (a, b, c) } else { nil } }
    case .shutdown: Form({ shutdown }, { if case .shutdown = $0 { () } else { nil } })
    case .auditHead: Form(auditHead) { if case .auditHead(let a, let b) = $0 { (a, b) } else { nil } }
    case .spawn: Form(spawn) { if case .spawn(let a, let b) = $0 { (a, b) } else { nil } }
    case .kill: Form(kill) { if case .kill(let it) = $0 { it } else { nil } }
    case .seal: Form(seal) { if case .seal(let it) = $0 { it } else { nil } }
    case .spawned: Form(spawned) { if case .spawned(let a, let b) = $0 { (a, b) } else { nil } }
    case .exited: Form(exited) { if case .exited(let a, let b, let c) = $0 { (a, b, c) } else { nil } }
    case .auditStart: Form(auditStart) { if case .auditStart(let it) = $0 { it } else { nil } }
    case .record: Form(record) { if case .record(let it) = $0 { it } else { nil } }
    case .auditStatus: Form(auditStatus) { if case .auditStatus(let it) = $0 { it } else { nil } }
    }
  }
}

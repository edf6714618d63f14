/// How the messages of one type are made of their fields, and taken apart.
struct Form: Sendable {
  /// By the numbers of their types.
  static let all = MessageType.allCases.map(of)
  let message: @Sendable (inout Reader) throws(Malformed) -> Message
  /// The datagram, with its request id; nil if the message is of another type.
  let bytes: @Sendable (Message, UInt32) -> [UInt8]?

  private init<each T: Field>(
    _ type: MessageType, _ make: @escaping @Sendable (repeat each T) -> Message,
    _ take: @escaping @Sendable (Message) -> (repeat each T)?
  ) {
    message = { (read) throws(Malformed) in make(repeat try (each T)(&read)) }
    bytes = { message, id in
      guard let fields = take(message) else { return nil }
      var bytes = [Packet.version, type.rawValue, 0, 0]
      id.append(to: &bytes)
      for field in repeat each fields { field.append(to: &bytes) }
      return bytes
    }
  }

  private static func of(_ type: MessageType) -> Form {
    switch type {
    case .ready: Form(type, { .ready }, { if case .ready = $0 { () } else { nil } })
    case .advertise: Form(type, Message.advertise) { if case .advertise(let it) = $0 { it } else { nil } }
    case .acquire: Form(type, Message.acquire) { if case .acquire(let it) = $0 { it } else { nil } }
    case .release: Form(type, Message.release) { if case .release(let it) = $0 { it } else { nil } }
    case .bowOut: Form(type, Message.bowOut) { if case .bowOut(let it) = $0 { it } else { nil } }
    case .announce: Form(type, Message.announce) { if case .announce(let it) = $0 { it } else { nil } }
    case .deposit: Form(type, Message.deposit) { if case .deposit(let it) = $0 { it } else { nil } }
    case .note: Form(type, Message.note) { if case .note(let it) = $0 { it } else { nil } }
    case .heartbeat: Form(type, Message.heartbeat) { if case .heartbeat(let it) = $0 { it } else { nil } }
    case .closed: Form(type, Message.closed) { if case .closed(let it) = $0 { it } else { nil } }
    case .administer: Form(type, Message.administer) { if case .administer(let it) = $0 { it } else { nil } }
    case .settings: Form(type, Message.settings) { if case .settings(let it) = $0 { it } else { nil } }
    case .virtualHost: Form(type, Message.virtualHost) { if case .virtualHost(let it) = $0 { it } else { nil } }
    case .address: Form(type, Message.address) { if case .address(let it) = $0 { it } else { nil } }
    case .track: Form(type, Message.track) { if case .track(let a, let b, let c) = $0 { (a, b, c) } else { nil } }
    case .commit: Form(type, Message.commit) { if case .commit(let a, let b) = $0 { (a, b) } else { nil } }
    case .diagnostic:
      Form(type, Message.diagnostic) {
        if case .diagnostic(let a, let b, let c, let d) = $0 { (a, b, c, d) } else { nil }
      }
    case .frame: Form(type, Message.frame) { if case .frame(let it) = $0 { it } else { nil } }
    case .link: Form(type, Message.link) { if case .link(let it) = $0 { it } else { nil } }
    case .role: Form(type, Message.role) { if case .role(let a, let b, let c) = $0 { (a, b, c) } else { nil } }
    case .result:
      Form(type, Message.result) {
        if case .result(let a, let b, let c, let d, let e) = $0 { (a, b, c, d, e) } else { nil }
      }
    case .connection: Form(type, Message.connection) { if case .connection(let it) = $0 { it } else { nil } }
    case .stalled: Form(type, Message.stalled) { if case .stalled(let it) = $0 { it } else { nil } }
    case .reloadResult:
      Form(type, Message.reloadResult) {
        if case .reloadResult(let a, let b, let c) = $0 { (a, b, c) } else { nil }
      }
    case .shutdown: Form(type, { .shutdown }, { if case .shutdown = $0 { () } else { nil } })
    case .auditHead: Form(type, Message.auditHead) { if case .auditHead(let a, let b) = $0 { (a, b) } else { nil } }
    case .spawn: Form(type, Message.spawn) { if case .spawn(let a, let b) = $0 { (a, b) } else { nil } }
    case .kill: Form(type, Message.kill) { if case .kill(let it) = $0 { it } else { nil } }
    case .seal: Form(type, Message.seal) { if case .seal(let it) = $0 { it } else { nil } }
    case .spawned: Form(type, Message.spawned) { if case .spawned(let a, let b) = $0 { (a, b) } else { nil } }
    case .exited: Form(type, Message.exited) { if case .exited(let a, let b, let c) = $0 { (a, b, c) } else { nil } }
    case .auditStart: Form(type, Message.auditStart) { if case .auditStart(let it) = $0 { it } else { nil } }
    case .record: Form(type, Message.record) { if case .record(let it) = $0 { it } else { nil } }
    case .auditStatus: Form(type, Message.auditStatus) { if case .auditStatus(let it) = $0 { it } else { nil } }
    }
  }
}

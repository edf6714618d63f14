/// The first number of a message: which of them it is. Who may send which, and when, is `Supervisor`'s table.
public enum MessageType: UInt8, Choice, Field {
  case advertise, frame, ready, acquire, release, bowOut, announce, deposit, note, heartbeat, closed, administer
  case settings, virtualHost, address, track, commit, diagnostic
  case link, role, result, connection, stalled, reloadResult, shutdown, auditHead
  case spawn, kill, seal, spawned, exited, auditStart, record, auditStatus
}

/// Every message that may cross a process boundary inside carpd. Virtual hosts ("groups") and interfaces go by their
/// number in the policy, control connections by the supervisor's number, children of the launcher by a token.
public enum Message: Equatable, Sendable {
  /// The child has confined itself and asks to be examined.
  case ready

  // Engine -> supervisor.

  /// Send one advertisement.
  case advertise(Advertise)
  /// Put the addresses of a virtual host on its interface.
  case acquire(group: UInt16)
  /// Take them off again.
  case release(group: UInt16)
  /// Take them off after a last word (255/255) to the backups.
  case bowOut(group: UInt16)
  /// Announce them: gratuitous ARP, unsolicited neighbour advertisements.
  case announce(group: UInt16)
  /// Keep a spare one, for the moment without an engine and for the bow-out: of its numbers only counter and digest count.
  case deposit(Advertise)
  /// One line for the log.
  case note(Note)
  /// Proof of life, from an engine whose loop turns; `late` counts timers that ran late since the start.
  case heartbeat(late: UInt32)
  /// A control connection ended.
  case closed(connection: UInt32)
  /// Something only an administrator may was asked for: to be recorded, and some of it to be done.
  case administer(Administration)

  // Configuration.

  /// Begins a configuration.
  case settings(Settings)
  /// Its addresses and peers follow as messages of their own.
  case virtualHost(VirtualHost)
  case address(HostAddress)
  /// While this interface is not up, the demotion counts; it need not bear a virtual host.
  case track(interface: UInt16, name: String, demotion: UInt8)
  /// The configuration is complete and has so many virtual hosts; `generation` numbers policies from 1.
  case commit(groups: UInt16, generation: UInt32)
  /// What the config role has to say about the file, or what it makes of it (`.info`); line and column count from 1.
  case diagnostic(level: LogLevel, line: UInt32, column: UInt32, text: String)

  // Supervisor -> engine.

  /// One received packet.
  case frame(Frame)
  /// An interface of the policy changed.
  case link(Link)
  /// A role was handed over, or lost.
  case role(group: UInt16, change: RoleChange)
  /// The outcome of a request; `type` is its MessageType, `group` 0xffff where it named none.
  case result(request: UInt32, type: MessageType, group: UInt16, denial: Denial, errno: UInt16)
  /// A control connection; its descriptor comes with the message.
  case connection(Connection)
  /// The supervisor or the machine slept.
  case stalled(milliseconds: UInt32)
  /// How a reload ended: the generation in force from now on. The diagnostics came before.
  case reloadResult(connection: UInt32, succeeded: Bool, generation: UInt32)
  /// Bow out of everything and exit.
  case shutdown
  /// The auditor's last word, for who asked.
  case auditHead(connection: UInt32, AuditStatus)

  // Supervisor <-> launcher.

  /// Start a role; the child's channel, and for some roles one or two more descriptors, come with the message.
  case spawn(role: Role, token: UInt32)
  case kill(token: UInt32)
  /// From now on the launcher's children may write to this directory only.
  case seal(directory: String)
  /// The child runs.
  case spawned(token: UInt32, pid: UInt32)
  /// A child ended, by `exit(status)` or by signal `status`.
  case exited(token: UInt32, bySignal: Bool, status: UInt8)

  // Supervisor <-> auditor.

  /// How the auditor is to write.
  case auditStart(AuditStart)
  /// One privileged act.
  case record(Record)
  /// Whether the auditor can write: at the start, whenever that changes, and each second while it works.
  case auditStatus(AuditStatus)
}

/// How the messages of one type are made of their fields, and taken apart.
struct Form: Sendable {
  static let all = MessageType.allCases.map { Form(of: $0) }
  let message: @Sendable (inout Reader) throws(Malformed) -> Message
  /// Nil if the message is of another type.
  let bytes: @Sendable (Message, UInt32) -> [UInt8]?

  private init<each T: Field>(
    _ type: MessageType, _ make: @escaping @Sendable (repeat each T) -> Message,
    _ take: @escaping @Sendable (Message) -> (repeat each T)?
  ) {
    message = { (read) throws(Malformed) in make(repeat try (each T)(&read)) }
    bytes = { message, id in
      guard let fields = take(message) else { return nil }
      var write = Writer()
      write(Packet.version, type, 0 as UInt16, id, repeat each fields)
      return write.bytes
    }
  }

  private init(of type: MessageType) {
    self = switch type {
    case .ready: Form(type, { .ready }) { if case .ready = $0 { () } else { nil } }
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
    case .diagnostic: Form(type, Message.diagnostic) {
      if case .diagnostic(let a, let b, let c, let d) = $0 { (a, b, c, d) } else { nil }
    }
    case .frame: Form(type, Message.frame) { if case .frame(let it) = $0 { it } else { nil } }
    case .link: Form(type, Message.link) { if case .link(let it) = $0 { it } else { nil } }
    case .role: Form(type, Message.role) { if case .role(let a, let b) = $0 { (a, b) } else { nil } }
    case .result: Form(type, Message.result) {
      if case .result(let a, let b, let c, let d, let e) = $0 { (a, b, c, d, e) } else { nil }
    }
    case .connection: Form(type, Message.connection) { if case .connection(let it) = $0 { it } else { nil } }
    case .stalled: Form(type, Message.stalled) { if case .stalled(let it) = $0 { it } else { nil } }
    case .reloadResult: Form(type, Message.reloadResult) {
      if case .reloadResult(let a, let b, let c) = $0 { (a, b, c) } else { nil }
    }
    case .shutdown: Form(type, { .shutdown }) { if case .shutdown = $0 { () } else { nil } }
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

/// The first number of a message: which of them it is. Who may send which, and when, is `Supervisor`'s table.
public enum MessageType: UInt8, CaseIterable, Sendable, Field {
  // Engine -> supervisor.
  case ready = 1
  case advertise, acquire, release, bowOut, announce, deposit, requestReload, note, heartbeat, closed
  case administered, setLogLevel, requestAuditHead
  // Configuration: config -> supervisor, and supervisor -> engine.
  case settings = 32
  case virtualHost, address, peer, commit, diagnostic, track
  // Supervisor -> engine.
  case frame = 64
  case link, ownSource, addressLost, result, connection, holdRole, stalled, foreignFrame, overflow
  case reloadResult, shutdown, auditHead
  // Supervisor <-> launcher.
  case spawn = 96
  case kill, seal, spawned, exited
  // Supervisor <-> auditor.
  case auditStart = 112
  case record, auditStatus
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
  /// An administrator wants the configuration read again.
  case requestReload(connection: UInt32)
  /// One line for the log.
  case note(Note)
  /// Proof of life, from an engine whose loop turns; `late` counts timers that ran late since the start.
  case heartbeat(late: UInt32)
  /// A control connection ended.
  case closed(connection: UInt32)
  /// Something only an administrator may was asked for and done, or refused to a reader. `group` is 0xffff where no
  /// virtual host is meant.
  case administered(connection: UInt32, act: ControlAct, group: UInt16, allowed: Bool)
  /// An administrator wants more of the log, or less.
  case setLogLevel(connection: UInt32, level: LogLevel)
  /// An administrator asks how far the audit log is.
  case requestAuditHead(connection: UInt32)

  // Configuration.

  /// Begins a configuration.
  case settings(Settings)
  /// Its addresses and peers follow as messages of their own.
  case virtualHost(VirtualHost)
  case address(HostAddress)
  case peer(HostAddress)
  /// While this interface is not up, the demotion counts; it need not bear a virtual host.
  case track(interface: UInt16, name: String, demotion: UInt8)
  /// The configuration is complete and has so many virtual hosts; `generation` numbers policies from 1.
  case commit(groups: UInt16, generation: UInt32)
  /// What the config role has to say about the file; line and column count from 1.
  case diagnostic(isError: Bool, line: UInt32, column: UInt32, text: String)

  // Supervisor -> engine.

  /// One received packet.
  case frame(Frame)
  /// An interface of the policy changed.
  case link(interface: UInt16, condition: LinkCondition)
  /// The source address advertisements leave with; unspecified where the interface has none of the family.
  case ownSource(interface: UInt16, address: Address)
  /// A shared address (by its index) went away without carpd's doing and was not put back any more.
  case addressLost(group: UInt16, address: UInt16)
  /// The outcome of a request; `type` is its MessageType, `group` 0xffff where it named none.
  case result(request: UInt32, type: MessageType, group: UInt16, denial: Denial, errno: UInt16)
  /// A control connection; its descriptor comes with the message.
  case connection(Connection)
  /// The addresses are on the interface already: go on as MASTER.
  case holdRole(group: UInt16)
  /// The supervisor or the machine slept.
  case stalled(milliseconds: UInt32)
  /// Somebody else sent a frame with this virtual host's MAC address as source.
  case foreignFrame(group: UInt16)
  /// So many packets the kernel had no room for (SO_RXQ_OVFL), since the last such message.
  case overflow(interface: UInt16, family: Family, kind: SocketKind, count: UInt32)
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

// The layout of each message, for both directions: these two switches and the fields of the larger ones (Payloads.swift).
extension Message {
  func encode(_ write: inout Writer) {
    switch self {
    case .ready: write(.ready)
    case .advertise(let request): write(.advertise, request)
    case .acquire(let group): write(.acquire, group)
    case .release(let group): write(.release, group)
    case .bowOut(let group): write(.bowOut, group)
    case .announce(let group): write(.announce, group)
    case .deposit(let spare): write(.deposit, spare)
    case .requestReload(let connection): write(.requestReload, connection)
    case .note(let note): write(.note, note)
    case .heartbeat(let late): write(.heartbeat, late)
    case .closed(let connection): write(.closed, connection)
    case .administered(let connection, let act, let group, let allowed):
      write(.administered, connection, act, group, allowed)
    case .setLogLevel(let connection, let level): write(.setLogLevel, connection, level)
    case .requestAuditHead(let connection): write(.requestAuditHead, connection)
    case .settings(let settings): write(.settings, settings)
    case .virtualHost(let host): write(.virtualHost, host)
    case .address(let entry): write(.address, entry)
    case .peer(let entry): write(.peer, entry)
    case .track(let interface, let name, let demotion): write(.track, interface, Padded(name, 15), demotion)
    case .commit(let groups, let generation): write(.commit, groups, generation)
    case .diagnostic(let isError, let line, let column, let text):
      write(.diagnostic, isError, line, column, Padded(text, 480))
    case .frame(let frame): write(.frame, frame)
    case .link(let interface, let condition): write(.link, interface, condition)
    case .ownSource(let interface, let address): write(.ownSource, interface, address)
    case .addressLost(let group, let address): write(.addressLost, group, address)
    case .result(let request, let type, let group, let denial, let errno):
      write(.result, request, type, group, denial, errno)
    case .connection(let connection): write(.connection, connection)
    case .holdRole(let group): write(.holdRole, group)
    case .stalled(let milliseconds): write(.stalled, milliseconds)
    case .foreignFrame(let group): write(.foreignFrame, group)
    case .overflow(let interface, let family, let kind, let count): write(.overflow, interface, family, kind, count)
    case .reloadResult(let connection, let succeeded, let generation):
      write(.reloadResult, connection, succeeded, generation)
    case .shutdown: write(.shutdown)
    case .auditHead(let connection, let status): write(.auditHead, connection, status)
    case .spawn(let role, let token): write(.spawn, role, token)
    case .kill(let token): write(.kill, token)
    case .seal(let directory): write(.seal, Padded(directory, 255))
    case .spawned(let token, let pid): write(.spawned, token, pid)
    case .exited(let token, let bySignal, let status): write(.exited, token, bySignal, status)
    case .auditStart(let start): write(.auditStart, start)
    case .record(let record): write(.record, record)
    case .auditStatus(let status): write(.auditStatus, status)
    }
  }

  init(_ type: MessageType, _ read: inout Reader) throws(Malformed) {
    switch type {
    case .ready: self = .ready
    case .advertise: self = try .advertise(read())
    case .acquire: self = try .acquire(group: read())
    case .release: self = try .release(group: read())
    case .bowOut: self = try .bowOut(group: read())
    case .announce: self = try .announce(group: read())
    case .deposit: self = try .deposit(read())
    case .requestReload: self = try .requestReload(connection: read())
    case .note: self = try .note(read())
    case .heartbeat: self = try .heartbeat(late: read())
    case .closed: self = try .closed(connection: read())
    case .administered: self = try .administered(connection: read(), act: read(), group: read(), allowed: read())
    case .setLogLevel: self = try .setLogLevel(connection: read(), level: read())
    case .requestAuditHead: self = try .requestAuditHead(connection: read())
    case .settings: self = try .settings(read())
    case .virtualHost: self = try .virtualHost(read())
    case .address: self = try .address(read())
    case .peer: self = try .peer(read())
    case .track: self = try .track(interface: read(), name: read.text(15), demotion: read())
    case .commit: self = try .commit(groups: read(), generation: read())
    case .diagnostic: self = try .diagnostic(isError: read(), line: read(), column: read(), text: read.text(480))
    case .frame: self = try .frame(read())
    case .link: self = try .link(interface: read(), condition: read())
    case .ownSource: self = try .ownSource(interface: read(), address: read())
    case .addressLost: self = try .addressLost(group: read(), address: read())
    case .result: self = try .result(request: read(), type: read(), group: read(), denial: read(), errno: read())
    case .connection: self = try .connection(read())
    case .holdRole: self = try .holdRole(group: read())
    case .stalled: self = try .stalled(milliseconds: read())
    case .foreignFrame: self = try .foreignFrame(group: read())
    case .overflow: self = try .overflow(interface: read(), family: read(), kind: read(), count: read())
    case .reloadResult: self = try .reloadResult(connection: read(), succeeded: read(), generation: read())
    case .shutdown: self = .shutdown
    case .auditHead: self = try .auditHead(connection: read(), read())
    case .spawn: self = try .spawn(role: read(), token: read())
    case .kill: self = try .kill(token: read())
    case .seal: self = try .seal(directory: read.text(255))
    case .spawned: self = try .spawned(token: read(), pid: read())
    case .exited: self = try .exited(token: read(), bySignal: read(), status: read())
    case .auditStart: self = try .auditStart(read())
    case .record: self = try .record(read())
    case .auditStatus: self = try .auditStatus(read())
    }
  }
}

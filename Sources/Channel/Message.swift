/// The first number of a message: which of them it is. Who may send which, and when, is `Supervisor`'s table.
public enum MessageType: UInt8, CaseIterable, Field {
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
  /// Put the addresses of a virtual host on its interface, or what is missing of them.
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
  /// Something only an administrator may was asked for: to be recorded, and some of it to be done. `group` is 0xffff where
  /// no virtual host is meant, `value` the level of `setLogLevel`. Not allowed: it was refused, to a reader; allowed: the
  /// engine has done it, or it is the supervisor's to do.
  case administer(ControlAct, connection: UInt32, group: UInt16, value: UInt32, isAllowed: Bool)

  // Configuration.

  /// Begins a configuration.
  case settings(Settings)
  /// Its addresses and peers follow as messages of their own. Virtual hosts of one interface share its number.
  case virtualHost(group: UInt16, interface: UInt16, VirtualHost)
  case address(group: UInt16, HostAddress)
  /// While this interface is not up, the demotion counts; it need not bear a virtual host.
  case track(interface: UInt16, name: String, demotion: UInt8)
  /// The configuration is complete and has so many virtual hosts; `generation` numbers policies from 1.
  case commit(groups: UInt16, generation: UInt32)
  /// What the config role has to say about the file, or what it makes of it (`.info`); line and column count from 1.
  case diagnostic(level: LogLevel, line: UInt32, column: UInt32, text: String)

  // Supervisor -> engine.

  /// One received packet.
  case frame(Frame)
  /// An interface of the policy as it is now, and the source addresses advertisements leave with: unspecified where it
  /// has none of the family.
  case link(interface: UInt16, LinkCondition, ipv4: Address, ipv6: Address)
  /// Something became of a role; `address` is the shared address it happened to, by its index, 0xffff if none of them.
  case role(group: UInt16, change: RoleChange, address: UInt16 = 0xffff)
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

/// One fixed layout. `fields` names every field once, in wire order, for encoder and decoder alike.
public protocol Payload: Equatable, Sendable {
  init()
  mutating func fields(_ f: inout Fields)
}

/// Every message that may cross a process boundary inside carpd. Who may send which, and when, is `Supervisor`'s table.
public enum MessageType: UInt8, Sendable, CaseIterable {
  // Engine -> supervisor.
  case ready = 1
  case advertise, acquire, release, bowOut, announce, deposit, requestReload, note, heartbeat, closed
  // Configuration: config -> supervisor, and supervisor -> engine.
  case settings = 32
  case virtualHost, address, peer, commit, diagnostic
  // Supervisor -> engine.
  case frame = 64
  case link, ownSource, addressLost, result, connection, holdRole, stalled, foreignFrame, overflow
  case reloadResult, shutdown
  // Supervisor <-> launcher.
  case spawn = 96
  case kill, seal, spawned, exited
  // Supervisor <-> auditor.
  case auditStart = 112
  case record, auditStatus
}

/// The child has confined itself and asks to be examined.
public struct Ready: Payload {
  public init() {}
  public mutating func fields(_ f: inout Fields) {}
}

/// Send one advertisement. The digest covers vhid, addresses and counter only (CARP section 3).
public struct Advertise: Payload {
  public var group: UInt16 = 0
  public var family = Family.ipv4
  public var advbase: UInt8 = 0
  public var advskew: UInt8 = 0
  public var demotion: UInt8 = 0
  public var counter: UInt64 = 0
  public var digest = Digest()
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&group)
    f.choice(&family)
    f.integer(&advbase)
    f.integer(&advskew)
    f.integer(&demotion)
    f.integer(&counter)
    f.digest(&digest)
  }
}

/// Names one virtual host: acquire, release, bowOut, announce and foreignFrame need no more.
public struct GroupReference: Payload {
  public var group: UInt16 = 0
  public init() {}
  public init(_ group: Int) { self.group = UInt16(truncatingIfNeeded: group) }
  public mutating func fields(_ f: inout Fields) { f.integer(&group) }
}

/// A spare (counter, digest) pair: for the moment without an engine, and for the bow-out.
public struct Deposit: Payload {
  public var group: UInt16 = 0
  public var family = Family.ipv4
  public var counter: UInt64 = 0
  public var digest = Digest()
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&group)
    f.choice(&family)
    f.integer(&counter)
    f.digest(&digest)
  }
}

/// Names one control connection: requestReload and closed.
public struct ConnectionReference: Payload {
  public var connection: UInt32 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) { f.integer(&connection) }
}

/// What the engine may have the supervisor log: a code with numbers, never text of its own.
public enum NoteCode: UInt8, Sendable, CaseIterable {
  /// a = old state * 256 + new state, b = reason.
  case transition = 1
  /// a = rejection (netstat counter), b = how many since the last note; address = source.
  case rejected
  /// a = 1 begins, 0 ends; address = source.
  case peerMismatch
  /// a = family (4, 6), b = 1 silent, 0 heard again.
  case familySilent
  /// a = version nibble, b = vhid/VRID on the wire; address = source.
  case foreignProtocol
  /// a = milliseconds late.
  case ranLate
  /// A packet of our own came back; address = source.
  case looped
  /// a = demotion delta (two's complement), b = sum.
  case demoted
}

/// One line for the log, typed.
public struct Note: Payload {
  public var code = NoteCode.transition
  /// 0xffff where no virtual host is meant.
  public var group: UInt16 = 0xffff
  public var interface: UInt16 = 0xffff
  public var a: UInt32 = 0
  public var b: UInt32 = 0
  public var address = Address(unspecified: .ipv4)
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.choice(&code)
    f.integer(&group)
    f.integer(&interface)
    f.integer(&a)
    f.integer(&b)
    f.address(&address)
  }
}

/// Proof of life, from an engine whose loop turns.
public struct Heartbeat: Payload {
  /// Timers that ran late since the start.
  public var late: UInt32 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) { f.integer(&late) }
}

/// The daemon's own settings.
public struct Settings: Payload {
  public var adminGroup = ""
  public var readGroup = ""
  public var auditLog = ""
  public var auditKeyKind = SecretKind.none
  public var auditKey: [UInt8] = []
  public var auditMaxSize: UInt64 = 0
  public var auditKeep: UInt16 = 0
  public var auditFailureDenies = false
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.text(&adminGroup, capacity: 32)
    f.text(&readGroup, capacity: 32)
    f.text(&auditLog, capacity: 255)
    f.choice(&auditKeyKind)
    f.bytes(&auditKey, capacity: 64)
    f.integer(&auditMaxSize)
    f.integer(&auditKeep)
    f.boolean(&auditFailureDenies)
  }
}

/// One virtual host. Its addresses and peers follow as messages of their own.
public struct VirtualHost: Payload {
  public var group: UInt16 = 0
  /// Index of the interface in the policy: virtual hosts of one interface share it.
  public var interface: UInt16 = 0
  public var interfaceName = ""
  public var vhid: UInt8 = 0
  public var advbase: UInt8 = 1
  public var advskew: UInt8 = 0
  public var preempt = false
  public var mac = MACMode.virtual
  public var secretKind = SecretKind.none
  public var secret: [UInt8] = []
  public var addresses: UInt16 = 0
  public var peers: UInt16 = 0
  /// Seconds the addresses live without renewal, to be shown; the config role leaves it 0.
  public var lease: UInt16 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&group)
    f.integer(&interface)
    f.text(&interfaceName, capacity: 15)
    f.integer(&vhid)
    f.integer(&advbase)
    f.integer(&advskew)
    f.boolean(&preempt)
    f.choice(&mac)
    f.choice(&secretKind)
    f.bytes(&secret, capacity: 64)
    f.integer(&addresses)
    f.integer(&peers)
    f.integer(&lease)
  }
}

/// One shared address or one peer of a virtual host.
public struct HostAddress: Payload {
  public var group: UInt16 = 0
  public var index: UInt16 = 0
  public var address = Address(unspecified: .ipv4)
  /// Prefix length as configured; 0 for a peer.
  public var prefix: UInt8 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&group)
    f.integer(&index)
    f.address(&address)
    f.integer(&prefix)
  }
}

/// The configuration is complete and has so many virtual hosts.
public struct Commit: Payload {
  public var groups: UInt16 = 0
  /// Number of the policy this is, from 1.
  public var generation: UInt32 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&groups)
    f.integer(&generation)
  }
}

/// What the config role has to say about the file.
public struct Diagnostic: Payload {
  public var isError = false
  public var line: UInt32 = 0
  public var column: UInt32 = 0
  public var text = ""
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.boolean(&isError)
    f.integer(&line)
    f.integer(&column)
    f.text(&text, capacity: 480)
  }
}

/// One received packet: for IPv4 and IPv6 alike, `bytes` begin behind the IP header.
public struct Frame: Payload {
  /// More than the longest thing the engine looks at (36 bytes of CARP).
  public static let capacity = 64
  public var interface: UInt16 = 0
  public var family = Family.ipv4
  public var kind = SocketKind.election
  public var ttl: UInt8 = 0
  public var source = Address(unspecified: .ipv4)
  /// CLOCK_MONOTONIC at relaying, nanoseconds.
  public var time: UInt64 = 0
  /// Length on the wire behind the IP header, of which at most 64 bytes are relayed.
  public var length: UInt16 = 0
  public var bytes: [UInt8] = []
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&interface)
    f.choice(&family)
    f.choice(&kind)
    f.integer(&ttl)
    f.address(&source)
    f.integer(&time)
    f.integer(&length)
    f.bytes(&bytes, capacity: Frame.capacity)
  }
}

/// An interface of the policy changed.
public struct Link: Payload {
  public var interface: UInt16 = 0
  public var condition = LinkCondition.absent
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&interface)
    f.choice(&condition)
  }
}

/// The source address advertisements leave with; unspecified where the interface has none of the family.
public struct OwnSource: Payload {
  public var interface: UInt16 = 0
  public var address = Address(unspecified: .ipv4)
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&interface)
    f.address(&address)
  }
}

/// A shared address went away without carpd's doing and was not put back any more.
public struct AddressLost: Payload {
  public var group: UInt16 = 0
  public var address: UInt16 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&group)
    f.integer(&address)
  }
}

/// Why a request was not carried out.
public enum Denial: UInt8, Sendable, CaseIterable {
  case none = 0
  case wrongPhase, noSuchObject, notHeld, betterThanConfigured, bowOutForbidden, repeatedCounter, rate
  case holdDown, linkDown, auditUnavailable, notAdministrator, failed
}

/// The outcome of the request with the same id.
public struct Result: Payload {
  public var request: UInt32 = 0
  public var type: UInt8 = 0
  public var group: UInt16 = 0
  public var denial = Denial.none
  public var errno: UInt16 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&request)
    f.integer(&type)
    f.integer(&group)
    f.choice(&denial)
    f.integer(&errno)
  }
}

/// A control connection; its descriptor comes with the message.
public struct Connection: Payload {
  public var connection: UInt32 = 0
  public var isAdministrator = false
  public var uid: UInt32 = 0
  public var gid: UInt32 = 0
  public var pid: UInt32 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&connection)
    f.boolean(&isAdministrator)
    f.integer(&uid)
    f.integer(&gid)
    f.integer(&pid)
  }
}

/// The supervisor or the machine slept.
public struct Stalled: Payload {
  public var milliseconds: UInt32 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) { f.integer(&milliseconds) }
}

/// Packets the kernel had no room for (SO_RXQ_OVFL), since the last such message.
public struct Overflow: Payload {
  public var interface: UInt16 = 0
  public var family = Family.ipv4
  public var kind = SocketKind.election
  public var count: UInt32 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&interface)
    f.choice(&family)
    f.choice(&kind)
    f.integer(&count)
  }
}

/// How a reload ended.
public struct ReloadResult: Payload {
  public var connection: UInt32 = 0
  public var succeeded = false
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&connection)
    f.boolean(&succeeded)
  }
}

/// Start a role; the child's channel, and for some roles one more descriptor, come with the message.
public struct Spawn: Payload {
  public var role = Role.engine
  public var token: UInt32 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.choice(&role)
    f.integer(&token)
  }
}

/// The directory of audit logs: the only place the launcher's children may ever write to, from now on.
public struct Seal: Payload {
  public var directory = ""
  public init() {}
  public mutating func fields(_ f: inout Fields) { f.text(&directory, capacity: 255) }
}

/// End a child: kill, and the answer that it runs.
public struct Child: Payload {
  public var token: UInt32 = 0
  public var pid: UInt32 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&token)
    f.integer(&pid)
  }
}

/// A child ended, by `exit(status)` or by signal `status`.
public struct Exited: Payload {
  public var token: UInt32 = 0
  public var bySignal = false
  public var status: UInt8 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.integer(&token)
    f.boolean(&bySignal)
    f.integer(&status)
  }
}

/// What a privileged act is, in the audit log.
public enum ActKind: UInt8, Sendable, CaseIterable {
  case capabilityDrop = 1
  case spawn, childEnded, socket, membership, filter
  case linkMade, linkRemoved, linkSet, linkUp, linkDown, sysctl
  case addressAdded, addressDeleted, routeAdded, routeRemoved, announcement, advertisements
  case acquire, release, bowOut, denial, violation, policy, reload, connection, stall, adopted, auditLoss, stop

  /// The word in the log.
  public var name: String { "\(self)" }
}

/// Whether an act was carried out.
public enum ActDecision: UInt8, Sendable, CaseIterable {
  /// About to be done: its outcome follows as a record of its own.
  case intent = 0
  case allow, deny, error
  public var name: String { "\(self)" }
}

/// Who wanted it.
public enum ActOrigin: UInt8, Sendable, CaseIterable {
  case supervisor = 0
  case engine, kernel, administrator
  public var name: String { "\(self)" }
}

/// How the auditor is to write.
public struct AuditStart: Payload {
  /// /proc/sys/kernel/random/boot_id.
  public var bootID = ""
  /// File name within the directory that the auditor holds as descriptor 4.
  public var fileName = ""
  /// First key of the MAC chain; empty: hashes only.
  public var key: [UInt8] = []
  /// Bytes a file may have before the next one begins.
  public var maxSize: UInt64 = 0
  /// Files kept beside the current one.
  public var keep: UInt16 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.text(&bootID, capacity: 40)
    f.text(&fileName, capacity: 128)
    f.bytes(&key, capacity: 64)
    f.integer(&maxSize)
    f.integer(&keep)
  }
}

/// One privileged act. Sequence number and hashes are the auditor's.
public struct Record: Payload {
  public var act = ActKind.policy
  public var decision = ActDecision.allow
  public var origin = ActOrigin.supervisor
  /// What it was done to, in words.
  public var object = ""
  /// Why, in words; may be empty.
  public var cause = ""
  public var errno: UInt16 = 0
  /// Nanoseconds it took.
  public var duration: UInt64 = 0
  /// CLOCK_MONOTONIC, nanoseconds.
  public var monotonic: UInt64 = 0
  /// CLOCK_REALTIME, nanoseconds.
  public var wall: UInt64 = 0
  /// How many equal acts this record stands for.
  public var count: UInt32 = 1
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.choice(&act)
    f.choice(&decision)
    f.choice(&origin)
    f.text(&object, capacity: 200)
    f.text(&cause, capacity: 120)
    f.integer(&errno)
    f.integer(&duration)
    f.integer(&monotonic)
    f.integer(&wall)
    f.integer(&count)
  }
}

/// Whether the auditor can write, sent at the start and whenever that changes, and each second while it works.
public struct AuditStatus: Payload {
  public var isWorking = false
  public var errno: UInt16 = 0
  /// Number of the last record that is in the file.
  public var sequence: UInt64 = 0
  public init() {}
  public mutating func fields(_ f: inout Fields) {
    f.boolean(&isWorking)
    f.integer(&errno)
    f.integer(&sequence)
  }
}

// The larger messages. Each reads and writes its fields in the same order, which is that of the wire.

/// One advertisement. The digest covers vhid, addresses and counter only (CARP section 3).
public struct Advertise: Equatable, Sendable, Field {
  public var group: UInt16 = 0
  public var family = Family.ipv4
  public var advbase: UInt8 = 0
  public var advskew: UInt8 = 0
  public var demotion: UInt8 = 0
  public var counter: UInt64 = 0
  public var digest = Digest()
  public init() {}
  init(_ read: inout Reader) throws(Malformed) {
    (group, family, advbase, advskew, demotion) = try (read(), read(), read(), read(), read())
    (counter, digest) = try (read(), read())
  }
  func encode(_ write: inout Writer) { write(group, family, advbase, advskew, demotion, counter, digest) }
}

/// One line for the log, typed.
public struct Note: Equatable, Sendable, Field {
  public var code = NoteCode.transition
  /// 0xffff where no virtual host is meant.
  public var group: UInt16 = 0xffff
  public var interface: UInt16 = 0xffff
  public var a: UInt32 = 0
  public var b: UInt32 = 0
  public var address = Address(unspecified: .ipv4)
  public init() {}
  init(_ read: inout Reader) throws(Malformed) {
    (code, group, interface, a, b, address) = try (read(), read(), read(), read(), read(), read())
  }
  func encode(_ write: inout Writer) { write(code, group, interface, a, b, address) }
}

/// The daemon's own settings. Times are in milliseconds, 0 is off.
public struct Settings: Equatable, Sendable, Field {
  public var adminGroup = ""
  public var readGroup = ""
  /// The numbers of these groups; the greatest one where there is no such group.
  public var adminGID = UInt32.max
  public var readGID = UInt32.max
  public var auditLog = ""
  public var auditKeyKind = SecretKind.none
  public var auditKey: [UInt8] = []
  public var auditMaxSize: UInt64 = 0
  public var auditKeep: UInt16 = 0
  public var auditFailureDenies = false
  /// Path of the file, to be shown; the config role leaves it empty.
  public var path = ""
  /// No virtual host becomes MASTER so long after the start.
  public var startHold: UInt32 = 0
  /// A better machine waits so long before it preempts.
  public var preemptDelay: UInt32 = 0
  /// Old and new password and addresses are both accepted so long after a reload.
  public var transition: UInt32 = 0
  /// A virtual host that changed its state too often waits so long.
  public var damping: UInt32 = 0
  /// What counts while the interface of a virtual host is down (net.inet.carp.ifdown_demotion_factor).
  public var linkDemotion: UInt8 = 240
  /// What counts while advertisements cannot be sent (net.inet.carp.senderr_demotion_factor).
  public var sendDemotion: UInt8 = 240
  public init() {}
  init(_ read: inout Reader) throws(Malformed) {
    (adminGroup, readGroup, adminGID, readGID) = try (read.text(32), read.text(32), read(), read())
    auditLog = try read.text(255)
    (auditKeyKind, auditKey, auditMaxSize, auditKeep) = try (read(), read.bytes(64), read(), read())
    (auditFailureDenies, path, startHold, preemptDelay) = try (read(), read.text(255), read(), read())
    (transition, damping, linkDemotion, sendDemotion) = try (read(), read(), read(), read())
  }
  func encode(_ write: inout Writer) {
    write(Padded(adminGroup, 32), Padded(readGroup, 32), adminGID, readGID, Padded(auditLog, 255))
    write(auditKeyKind, Padded(auditKey, 64), auditMaxSize, auditKeep)
    write(auditFailureDenies, Padded(path, 255), startHold, preemptDelay)
    write(transition, damping, linkDemotion, sendDemotion)
  }
}

/// One virtual host.
public struct VirtualHost: Equatable, Sendable, Field {
  public var group: UInt16 = 0
  /// Virtual hosts of one interface share its number.
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
  /// Name of the [[group]] whose fate it shares; empty: none.
  public var fate = ""
  public init() {}
  init(_ read: inout Reader) throws(Malformed) {
    (group, interface, interfaceName, vhid) = try (read(), read(), read.text(15), read())
    (advbase, advskew, preempt, mac, secretKind, secret) = try (read(), read(), read(), read(), read(), read.bytes(64))
    (addresses, peers, lease, fate) = try (read(), read(), read(), read.text(32))
  }
  func encode(_ write: inout Writer) {
    write(group, interface, Padded(interfaceName, 15), vhid)
    write(advbase, advskew, preempt, mac, secretKind, Padded(secret, 64))
    write(addresses, peers, lease, Padded(fate, 32))
  }
}

/// One shared address or one peer of a virtual host.
public struct HostAddress: Equatable, Sendable, Field {
  public var group: UInt16 = 0
  public var index: UInt16 = 0
  public var address = Address(unspecified: .ipv4)
  /// Prefix length as configured; 0 for a peer.
  public var prefix: UInt8 = 0
  public init() {}
  init(_ read: inout Reader) throws(Malformed) {
    (group, index, address, prefix) = try (read(), read(), read(), read())
  }
  func encode(_ write: inout Writer) { write(group, index, address, prefix) }
}

/// One received packet: for IPv4 and IPv6 alike, `bytes` begin behind the IP header.
public struct Frame: Equatable, Sendable, Field {
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
  init(_ read: inout Reader) throws(Malformed) {
    (interface, family, kind, ttl, source) = try (read(), read(), read(), read(), read())
    (time, length, bytes) = try (read(), read(), read.bytes(Frame.capacity))
  }
  func encode(_ write: inout Writer) {
    write(interface, family, kind, ttl, source, time, length, Padded(bytes, Frame.capacity))
  }
}

/// A control connection and who opened it, by the kernel's word.
public struct Connection: Equatable, Sendable, Field {
  public var connection: UInt32 = 0
  public var isAdministrator = false
  public var uid: UInt32 = 0
  public var gid: UInt32 = 0
  public var pid: UInt32 = 0
  public init() {}
  init(_ read: inout Reader) throws(Malformed) {
    (connection, isAdministrator, uid, gid, pid) = try (read(), read(), read(), read(), read())
  }
  func encode(_ write: inout Writer) { write(connection, isAdministrator, uid, gid, pid) }
}

/// How the auditor is to write.
public struct AuditStart: Equatable, Sendable, Field {
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
  init(_ read: inout Reader) throws(Malformed) {
    (bootID, fileName, key, maxSize, keep) = try (read.text(40), read.text(128), read.bytes(64), read(), read())
  }
  func encode(_ write: inout Writer) {
    write(Padded(bootID, 40), Padded(fileName, 128), Padded(key, 64), maxSize, keep)
  }
}

/// One privileged act. Sequence number and hashes are the auditor's.
public struct Record: Equatable, Sendable, Field {
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
  init(_ read: inout Reader) throws(Malformed) {
    (act, decision, origin, object, cause) = try (read(), read(), read(), read.text(200), read.text(120))
    (errno, duration, monotonic, wall, count) = try (read(), read(), read(), read(), read())
  }
  func encode(_ write: inout Writer) {
    write(act, decision, origin, Padded(object, 200), Padded(cause, 120), errno, duration, monotonic, wall, count)
  }
}

/// How the auditor fares.
public struct AuditStatus: Equatable, Sendable, Field {
  public var isWorking = false
  public var errno: UInt16 = 0
  /// Number of the last record that is in the file.
  public var sequence: UInt64 = 0
  /// Its hash, 32 bytes; empty before the first.
  public var hash: [UInt8] = []
  public init() {}
  init(_ read: inout Reader) throws(Malformed) {
    (isWorking, errno, sequence, hash) = try (read(), read(), read(), read.bytes(32))
  }
  func encode(_ write: inout Writer) { write(isWorking, errno, sequence, Padded(hash, 32)) }
}

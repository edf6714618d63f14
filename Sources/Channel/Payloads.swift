// The larger messages.

/// One advertisement. The digest covers vhid, addresses and counter only (CARP section 3): twenty bytes of HMAC-SHA1, to
/// the supervisor numbers it puts into a packet, nothing it could compute.
public struct Advertise: Equatable, Sendable, Payload {
  public var group: UInt16 = 0
  public var family = Family.ipv4
  public var advbase: UInt8 = 0
  public var advskew: UInt8 = 0
  public var demotion: UInt8 = 0
  public var counter: UInt64 = 0
  /// The first sixteen bytes of the digest.
  public var digestStart: UInt128 = 0
  /// The last four.
  public var digestEnd: UInt32 = 0
  public init() {}
  static let layout = Layout<Self>(
    \.group, \.family, \.advbase, \.advskew, \.demotion, \.counter, \.digestStart, \.digestEnd)
}

/// One line for the log, as the engine words it.
public struct Note: Equatable, Sendable, Payload {
  /// What kind of line it is, which MESSAGE_ID tells apart: 1 to 11.
  public var kind: UInt8 = 1
  public var level = LogLevel.notice
  @Text<300> public var text = ""
  /// What the journal finds it by beside that: CARPD_NAME=VALUE, each behind a line end.
  @Text<200> public var fields = ""
  public init() {}
  static let layout = Layout<Self>(\.kind, \.level, \._text, \._fields)
}

/// The daemon's own settings. Times are in milliseconds, 0 is off.
public struct Settings: Equatable, Sendable, Payload {
  @Text<32> public var adminGroup = ""
  @Text<32> public var readGroup = ""
  /// The numbers of these groups; the greatest one where there is no such group.
  public var adminGID = UInt32.max
  public var readGID = UInt32.max
  @Text<255> public var auditLog = ""
  public var auditKeyKind = SecretKind.none
  @Bytes<64> public var auditKey = []
  public var auditMaxSize: UInt64 = 0
  public var auditKeep: UInt16 = 0
  public var auditFailureDenies = false
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
  static let layout = Layout<Self>(
    \._adminGroup, \._readGroup, \.adminGID, \.readGID, \._auditLog, \.auditKeyKind, \._auditKey, \.auditMaxSize,
    \.auditKeep, \.auditFailureDenies, \.startHold, \.preemptDelay, \.transition, \.damping, \.linkDemotion,
    \.sendDemotion)
}

/// One virtual host.
public struct VirtualHost: Equatable, Sendable, Payload {
  @Text<15> public var interfaceName = ""
  public var vhid: UInt8 = 0
  public var advbase: UInt8 = 1
  public var advskew: UInt8 = 0
  public var preempt = false
  public var mac = MACMode.virtual
  public var secretKind = SecretKind.none
  @Bytes<64> public var secret = []
  public var addresses: UInt16 = 0
  public var peers: UInt16 = 0
  /// Name of the [[group]] whose fate it shares; empty: none.
  @Text<32> public var fate = ""
  public init() {}
  static let layout = Layout<Self>(
    \._interfaceName, \.vhid, \.advbase, \.advskew, \.preempt, \.mac, \.secretKind, \._secret, \.addresses, \.peers,
    \._fate)
}

/// One shared address or one peer of a virtual host, in the order of the configuration.
public struct HostAddress: Equatable, Sendable, Payload {
  public var address = Address(unspecified: .ipv4)
  /// Prefix length as configured; 0 for a peer.
  public var prefix: UInt8 = 0
  public var isPeer = false
  public init() {}
  static let layout = Layout<Self>(\.address, \.prefix, \.isPeer)
}

/// One received packet. `bytes` begin with the IP header for IPv4, behind it for IPv6, where the socket does not show it,
/// and with the Ethernet header where somebody else's frame bears a configured virtual MAC address as source.
public struct Frame: Equatable, Sendable, Payload {
  public var interface: UInt16 = 0
  public var family = Family.ipv4
  public var kind = SocketKind.election
  /// IPv6's; for IPv4 it is in the header.
  public var hopLimit: UInt8 = 0
  public var source = Address(unspecified: .ipv4)
  /// Packets the kernel had no room for (SO_RXQ_OVFL), since the last one of this socket.
  public var lost: UInt32 = 0
  /// Length as received; its beginning, as long as the longest IPv4 header and an advertisement, is relayed.
  public var length: UInt16 = 0
  @Bytes<96> public var bytes = []
  public init() {}
  static let layout = Layout<Self>(\.interface, \.family, \.kind, \.hopLimit, \.source, \.lost, \.length, \._bytes)
}

/// A control connection and who opened it, by the kernel's word.
public struct Connection: Equatable, Sendable, Payload {
  public var connection: UInt32 = 0
  public var access = Access.none
  public var uid: UInt32 = 0
  public var gid: UInt32 = 0
  public var pid: UInt32 = 0
  public init() {}
  static let layout = Layout<Self>(\.connection, \.access, \.uid, \.gid, \.pid)
}

/// How the auditor is to write.
public struct AuditStart: Equatable, Sendable, Payload {
  /// /proc/sys/kernel/random/boot_id.
  @Text<40> public var bootID = ""
  /// File name within the directory that the auditor holds as descriptor 4.
  @Text<128> public var fileName = ""
  /// First key of the MAC chain; empty: hashes only.
  @Bytes<64> public var key = []
  /// Bytes a file may have before the next one begins.
  public var maxSize: UInt64 = 0
  /// Files kept beside the current one.
  public var keep: UInt16 = 0
  public init() {}
  static let layout = Layout<Self>(\._bootID, \._fileName, \._key, \.maxSize, \.keep)
}

/// One privileged act. Sequence number and hashes are the auditor's.
public struct Record: Equatable, Sendable, Payload {
  public var act = ActKind.policy
  public var decision = ActDecision.allow
  public var origin = ActOrigin.supervisor
  /// What it was done to, in words.
  @Text<200> public var object = ""
  /// Why, in words; may be empty.
  @Text<120> public var cause = ""
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
  static let layout = Layout<Self>(
    \.act, \.decision, \.origin, \._object, \._cause, \.errno, \.duration, \.monotonic, \.wall, \.count)
}

/// How the auditor fares.
public struct AuditStatus: Equatable, Sendable, Payload {
  public var isWorking = false
  public var errno: UInt16 = 0
  /// How many of the records that this auditor was sent are in the file, or counted there as lost.
  public var taken: UInt64 = 0
  /// Number of the last record that is in the file.
  public var sequence: UInt64 = 0
  /// Its hash, 32 bytes; empty before the first.
  @Bytes<32> public var hash = []
  public init() {}
  static let layout = Layout<Self>(\.isWorking, \.errno, \.taken, \.sequence, \._hash)
}

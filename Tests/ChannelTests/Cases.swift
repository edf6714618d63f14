import Channel
import Testing

/// One message with every field set, and its bytes as a literal.
struct Case: Sendable, CustomTestStringConvertible {
  let type: MessageType
  /// The value as a packet with this id.
  let packet: @Sendable (UInt32) -> Packet
  /// Decodes a packet as this message's payload and encodes the result again; nil if it was refused.
  let recoded: @Sendable (Packet) -> Packet?
  let bytes: [UInt8]
  var testDescription: String { "\(type)" }

  static let id: UInt32 = 42

  static func named(_ type: MessageType) -> Case? { all.first { $0.type == type } }

  static let all: [Case] = {
    let digest = Digest(bytes: (1...20).map { UInt8($0) }) ?? Digest()
    let ipv4 = Address(family: .ipv4, high: 0, low: 0xc000_0201)
    let ipv6 = Address(family: .ipv6, high: 0x2001_0db8_0000_0000, low: 1)
    return [
      golden(
        .ready, make(Ready.self),
        "010100000000002a"),
      golden(
        .advertise,
        make(Advertise.self) {
          $0.group = 0x0102
          $0.family = .ipv6
          $0.advbase = 1
          $0.advskew = 100
          $0.demotion = 3
          $0.counter = 0x1122_3344_5566_7788
          $0.digest = digest
        },
        "010200000000002a01020601640311223344556677880102030405060708090a0b0c0d0e0f1011121314"),
      golden(
        .acquire, make(GroupReference.self) { $0.group = 7 },
        "010300000000002a0007"),
      golden(
        .release, make(GroupReference.self) { $0.group = 0xfffe },
        "010400000000002afffe"),
      golden(
        .bowOut, make(GroupReference.self) { $0.group = 1 },
        "010500000000002a0001"),
      golden(
        .announce, make(GroupReference.self) { $0.group = 2 },
        "010600000000002a0002"),
      golden(
        .deposit,
        make(Deposit.self) {
          $0.group = 3
          $0.family = .ipv4
          $0.counter = 9
          $0.digest = digest
        },
        "010700000000002a00030400000000000000090102030405060708090a0b0c0d0e0f1011121314"),
      golden(
        .requestReload, make(ConnectionReference.self) { $0.connection = 0xdead_beef },
        "010800000000002adeadbeef"),
      golden(
        .note,
        make(Note.self) {
          $0.code = .rejected
          $0.group = 4
          $0.interface = 5
          $0.a = 6
          $0.b = 0xffff_ffff
          $0.address = ipv6
        },
        "010900000000002a020004000500000006ffffffff0620010db8000000000000000000000001"),
      golden(
        .heartbeat, make(Heartbeat.self) { $0.late = 258 },
        "010a00000000002a00000102"),
      golden(
        .closed, make(ConnectionReference.self) { $0.connection = 1 },
        "010b00000000002a00000001"),
      golden(
        .settings,
        make(Settings.self) {
          $0.adminGroup = "wheel"
          $0.readGroup = "adm"
          $0.auditLog = "/var/log/a"
          $0.auditKeyKind = .file
          $0.auditKey = [0x6b]
          $0.auditMaxSize = 65536
          $0.auditKeep = 9
          $0.auditFailureDenies = true
        },
        "012000000000002a0005776865656c ~28 0361646d ~30 0a2f7661722f6c6f672f61 ~245 0200016b ~68 010000000901"),
      golden(
        .virtualHost,
        make(VirtualHost.self) {
          $0.group = 1
          $0.interface = 2
          $0.interfaceName = "eth0"
          $0.vhid = 3
          $0.advbase = 4
          $0.advskew = 5
          $0.preempt = true
          $0.mac = .interface
          $0.secretKind = .key
          $0.secret = [1, 2]
          $0.addresses = 6
          $0.peers = 7
          $0.lease = 8
        },
        "012100000000002a00010002000465746830000000000000000000000003040501010100020102 ~63 0600070008"),
      golden(
        .address,
        make(HostAddress.self) {
          $0.group = 1
          $0.index = 2
          $0.address = ipv4
          $0.prefix = 24
        },
        "012200000000002a0001000204 ~12 c000020118"),
      golden(
        .peer,
        make(HostAddress.self) {
          $0.group = 1
          $0.index = 2
          $0.address = ipv6
        },
        "012300000000002a000100020620010db800000000000000000000000100"),
      golden(
        .commit,
        make(Commit.self) {
          $0.groups = 5
          $0.generation = 6
        },
        "012400000000002a000500000006"),
      golden(
        .diagnostic,
        make(Diagnostic.self) {
          $0.isError = true
          $0.line = 1
          $0.column = 2
          $0.text = "no"
        },
        "012500000000002a01000000010000000200026e6f ~478"),
      golden(
        .frame,
        make(Frame.self) {
          $0.interface = 1
          $0.family = .ipv4
          $0.kind = .diagnosis
          $0.ttl = 254
          $0.source = ipv4
          $0.time = 3
          $0.length = 36
          $0.bytes = [0x21, 0xff]
        },
        "014000000000002a00010401fe04 ~12 c000020100000000000000030024000221ff ~62"),
      golden(
        .link,
        make(Link.self) {
          $0.interface = 1
          $0.condition = .up
        },
        "014100000000002a000103"),
      golden(
        .ownSource,
        make(OwnSource.self) {
          $0.interface = 1
          $0.address = ipv6
        },
        "014200000000002a00010620010db8000000000000000000000001"),
      golden(
        .addressLost,
        make(AddressLost.self) {
          $0.group = 1
          $0.address = 2
        },
        "014300000000002a00010002"),
      golden(
        .result,
        make(Channel.Result.self) {
          $0.request = 1
          $0.type = 2
          $0.group = 3
          $0.denial = .holdDown
          $0.errno = 5
        },
        "014400000000002a00000001020003080005"),
      golden(
        .connection,
        make(Connection.self) {
          $0.connection = 1
          $0.isAdministrator = true
          $0.uid = 2
          $0.gid = 3
          $0.pid = 4
        },
        "014500000000002a0000000101000000020000000300000004"),
      golden(
        .holdRole, make(GroupReference.self) { $0.group = 1 },
        "014600000000002a0001"),
      golden(
        .stalled, make(Stalled.self) { $0.milliseconds = 5000 },
        "014700000000002a00001388"),
      golden(
        .foreignFrame, make(GroupReference.self) { $0.group = 1 },
        "014800000000002a0001"),
      golden(
        .overflow,
        make(Overflow.self) {
          $0.interface = 1
          $0.family = .ipv6
          $0.kind = .election
          $0.count = 2
        },
        "014900000000002a0001060000000002"),
      golden(
        .reloadResult,
        make(ReloadResult.self) {
          $0.connection = 1
          $0.succeeded = true
        },
        "014a00000000002a0000000101"),
      golden(
        .shutdown, make(Ready.self),
        "014b00000000002a"),
      golden(
        .spawn,
        make(Spawn.self) {
          $0.role = .config
          $0.token = 9
        },
        "016000000000002a0300000009"),
      golden(
        .kill,
        make(Child.self) {
          $0.token = 1
          $0.pid = 2
        },
        "016100000000002a0000000100000002"),
      golden(
        .seal, make(Seal.self) { $0.directory = "/a" },
        "016200000000002a00022f61 ~253"),
      golden(
        .spawned,
        make(Child.self) {
          $0.token = 3
          $0.pid = 4
        },
        "016300000000002a0000000300000004"),
      golden(
        .exited,
        make(Exited.self) {
          $0.token = 1
          $0.bySignal = true
          $0.status = 9
        },
        "016400000000002a000000010109"),
      golden(
        .auditStart,
        make(AuditStart.self) {
          $0.bootID = "b"
          $0.fileName = "f"
          $0.key = [3]
          $0.maxSize = 4
          $0.keep = 5
        },
        "017000000000002a000162 ~40 0166 ~128 0103 ~70 040005"),
      golden(
        .record,
        make(Record.self) {
          $0.act = .sysctl
          $0.decision = .deny
          $0.origin = .kernel
          $0.object = "o"
          $0.cause = "c"
          $0.errno = 1
          $0.duration = 2
          $0.monotonic = 3
          $0.wall = 4
          $0.count = 5
        },
        "017100000000002a0c020200016f ~200 0163 ~120 0100000000000000020000000000000003000000000000000400000005"),
      golden(
        .auditStatus,
        make(AuditStatus.self) {
          $0.isWorking = true
          $0.errno = 28
          $0.sequence = 6
        },
        "017200000000002a01001c0000000000000006"),
    ]
  }()
}

private typealias Make = (@Sendable (MessageType, UInt32) -> Packet, @Sendable (Packet) -> Packet?)

private func make<P: Payload>(_: P.Type, _ set: (inout P) -> Void = { _ in }) -> Make {
  var value = P()
  set(&value)
  let payload = value
  return (
    { Packet($0, id: $1, payload) }, { packet in packet.decode(P.self).map { Packet(packet.type, id: packet.id, $0) } }
  )
}

/// `text` is hexadecimal; `~N` stands for N zero bytes.
private func golden(_ type: MessageType, _ make: Make, _ text: String) -> Case {
  var bytes: [UInt8] = []
  for part in text.split(separator: " ") {
    if part.hasPrefix("~") {
      bytes += [UInt8](repeating: 0, count: Int(part.dropFirst()) ?? 0)
    } else {
      let digits = Array(part)
      for index in stride(from: 0, to: digits.count - 1, by: 2) {
        bytes.append(UInt8(String(digits[index...index + 1]), radix: 16) ?? 0)
      }
    }
  }
  return Case(type: type, packet: { make.0(type, $0) }, recoded: make.1, bytes: bytes)
}

import Channel
import Testing

/// One message with every field set, and its bytes as a literal.
struct Case: Sendable, CustomTestStringConvertible {
  let type: MessageType
  let message: Message
  let bytes: [UInt8]
  var testDescription: String { "\(type)" }

  static let id: UInt32 = 42

  static func named(_ type: MessageType) -> Case? { all.first { $0.type == type } }

  static let all: [Case] = {
    let digest = Digest(bytes: (1...20).map { UInt8($0) }) ?? Digest()
    let ipv4 = Address(family: .ipv4, high: 0, low: 0xc000_0201)
    let ipv6 = Address(family: .ipv6, high: 0x2001_0db8_0000_0000, low: 1)
    var advertise = Advertise()
    (advertise.group, advertise.family, advertise.advbase, advertise.advskew) = (0x0102, .ipv6, 1, 100)
    (advertise.demotion, advertise.counter, advertise.digest) = (3, 0x1122_3344_5566_7788, digest)
    var note = Note()
    (note.code, note.group, note.interface, note.a, note.b, note.address) = (.rejected, 4, 5, 6, 0xffff_ffff, ipv6)
    var settings = Settings()
    (settings.adminGroup, settings.readGroup, settings.auditLog) = ("wheel", "adm", "/var/log/a")
    (settings.adminGID, settings.readGID) = (100, 101)
    (settings.auditKeyKind, settings.auditKey, settings.auditMaxSize) = (.file, [0x6b], 65536)
    (settings.auditKeep, settings.auditFailureDenies, settings.path) = (9, true, "/c")
    (settings.startHold, settings.preemptDelay, settings.transition, settings.damping) = (1, 2, 30_000, 4)
    (settings.linkDemotion, settings.sendDemotion) = (5, 6)
    var host = VirtualHost()
    (host.group, host.interface, host.interfaceName, host.vhid, host.advbase, host.advskew) = (1, 2, "eth0", 3, 4, 5)
    (host.preempt, host.mac, host.secretKind, host.secret) = (true, .interface, .key, [1, 2])
    (host.addresses, host.peers, host.lease, host.fate) = (6, 7, 8, "gw")
    var address = HostAddress()
    (address.group, address.index, address.address, address.prefix) = (1, 2, ipv4, 24)
    var peer = HostAddress()
    (peer.group, peer.index, peer.address) = (1, 2, ipv6)
    var frame = Frame()
    (frame.interface, frame.family, frame.kind, frame.ttl) = (1, .ipv4, .diagnosis, 254)
    (frame.source, frame.time, frame.length, frame.bytes) = (ipv4, 3, 36, [0x21, 0xff])
    var connection = Connection()
    (connection.connection, connection.isAdministrator) = (1, true)
    (connection.uid, connection.gid, connection.pid) = (2, 3, 4)
    var start = AuditStart()
    (start.bootID, start.fileName, start.key, start.maxSize, start.keep) = ("b", "f", [3], 4, 5)
    var record = Record()
    (record.act, record.decision, record.origin, record.object, record.cause) = (.sysctl, .deny, .kernel, "o", "c")
    (record.errno, record.duration, record.monotonic, record.wall, record.count) = (1, 2, 3, 4, 5)
    var status = AuditStatus()
    (status.isWorking, status.errno, status.sequence, status.hash) = (true, 28, 6, [0xaa, 0xbb])
    return [
      Case(.ready, "010100000000002a"),
      Case(
        .advertise(advertise), "010200000000002a01020601640311223344556677880102030405060708090a0b0c0d0e0f1011121314"),
      Case(.acquire(group: 7), "010300000000002a0007"),
      Case(.release(group: 0xfffe), "010400000000002afffe"),
      Case(.bowOut(group: 1), "010500000000002a0001"),
      Case(.announce(group: 2), "010600000000002a0002"),
      Case(
        .deposit(advertise), "010700000000002a01020601640311223344556677880102030405060708090a0b0c0d0e0f1011121314"),
      Case(.requestReload(connection: 0xdead_beef), "010800000000002adeadbeef"),
      Case(.note(note), "010900000000002a020004000500000006ffffffff0620010db8000000000000000000000001"),
      Case(.heartbeat(late: 258), "010a00000000002a00000102"),
      Case(.closed(connection: 1), "010b00000000002a00000001"),
      Case(
        .administered(connection: 1, act: .maintenance, group: 0xffff, allowed: true),
        "010c00000000002a0000000103ffff01"),
      Case(.setLogLevel(connection: 1, level: .info), "010d00000000002a0000000106"),
      Case(.requestAuditHead(connection: 1), "010e00000000002a00000001"),
      Case(
        .settings(settings),
        "012000000000002a0005776865656c ~28 0361646d ~29 0000006400000065 000a2f7661722f6c6f672f61 ~245 0200016b ~68 010000000901 "
          + "00022f63 ~253 000000010000000200007530000000040506"),
      Case(
        .virtualHost(host),
        "012100000000002a00010002000465746830000000000000000000000003040501010100020102 ~63 060007000800026777 ~30"),
      Case(.address(address), "012200000000002a0001000204 ~12 c000020118"),
      Case(.peer(peer), "012300000000002a000100020620010db800000000000000000000000100"),
      Case(.commit(groups: 5, generation: 6), "012400000000002a000500000006"),
      Case(
        .diagnostic(isError: true, line: 1, column: 2, text: "no"),
        "012500000000002a01000000010000000200026e6f ~478"),
      Case(.track(interface: 1, name: "eth9", demotion: 240), "012600000000002a0001000465746839 ~11 f0"),
      Case(.frame(frame), "014000000000002a00010401fe04 ~12 c000020100000000000000030024000221ff ~62"),
      Case(.link(interface: 1, condition: .up), "014100000000002a000103"),
      Case(.ownSource(interface: 1, address: ipv6), "014200000000002a00010620010db8000000000000000000000001"),
      Case(.addressLost(group: 1, address: 2), "014300000000002a00010002"),
      Case(
        .result(request: 1, type: .advertise, group: 3, denial: .holdDown, errno: 5),
        "014400000000002a00000001020003080005"),
      Case(.connection(connection), "014500000000002a0000000101000000020000000300000004"),
      Case(.holdRole(group: 1), "014600000000002a0001"),
      Case(.stalled(milliseconds: 5000), "014700000000002a00001388"),
      Case(.foreignFrame(group: 1), "014800000000002a0001"),
      Case(
        .overflow(interface: 1, family: .ipv6, kind: .election, count: 2), "014900000000002a0001060000000002"),
      Case(.reloadResult(connection: 1, succeeded: true, generation: 2), "014a00000000002a000000010100000002"),
      Case(.shutdown, "014b00000000002a"),
      Case(.auditHead(connection: 1, status), "014c00000000002a0000000101001c00000000000000060002aabb ~30"),
      Case(.spawn(role: .config, token: 9), "016000000000002a0300000009"),
      Case(.kill(token: 1), "016100000000002a00000001"),
      Case(.seal(directory: "/a"), "016200000000002a00022f61 ~253"),
      Case(.spawned(token: 3, pid: 4), "016300000000002a0000000300000004"),
      Case(.exited(token: 1, bySignal: true, status: 9), "016400000000002a000000010109"),
      Case(.auditStart(start), "017000000000002a000162 ~40 0166 ~128 0103 ~70 040005"),
      Case(
        .record(record),
        "017100000000002a0c020200016f ~200 0163 ~120 0100000000000000020000000000000003000000000000000400000005"),
      Case(.auditStatus(status), "017200000000002a01001c00000000000000060002aabb ~30"),
    ]
  }()

  /// `text` is hexadecimal; `~N` stands for N zero bytes.
  private init(_ message: Message, _ text: String) {
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
    (self.message, self.bytes) = (message, bytes)
    type = MessageType(rawValue: bytes[1]) ?? .ready
  }
}

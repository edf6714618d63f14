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
    let ipv4 = Address(.ipv4, 0xc000_0201)
    let ipv6 = Address(.ipv6, 0x2001_0db8 << 96 | 1)
    var advertise = Advertise()
    (advertise.group, advertise.family, advertise.advbase, advertise.advskew) = (0x0102, .ipv6, 1, 100)
    (advertise.demotion, advertise.counter) = (3, 0x1122_3344_5566_7788)
    (advertise.digestStart, advertise.digestEnd) = (0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10, 0x1112_1314)
    var note = Note()
    (note.kind, note.level, note.text, note.fields) = (2, .warning, "no", "\nCARPD_VHID=1")
    var settings = Settings()
    (settings.adminGroup, settings.readGroup, settings.auditLog) = ("wheel", "adm", "/var/log/a")
    (settings.adminGID, settings.readGID) = (100, 101)
    (settings.auditKeyKind, settings.auditKey, settings.auditMaxSize) = (.file, [0x6b], 65536)
    (settings.auditKeep, settings.auditFailureDenies) = (9, true)
    (settings.startHold, settings.preemptDelay, settings.transition, settings.damping) = (1, 2, 30_000, 4)
    (settings.linkDemotion, settings.sendDemotion) = (5, 6)
    var host = VirtualHost()
    (host.interfaceName, host.vhid, host.advbase, host.advskew) = ("eth0", 3, 4, 5)
    (host.preempt, host.mac, host.secretKind, host.secret) = (true, .interface, .key, [1, 2])
    (host.addresses, host.peers, host.fate) = (6, 7, "gw")
    var peer = HostAddress()
    (peer.address, peer.prefix, peer.isPeer) = (ipv6, 24, true)
    var frame = Frame()
    (frame.interface, frame.family, frame.kind, frame.hopLimit) = (1, .ipv4, .diagnosis, 254)
    (frame.source, frame.lost, frame.length, frame.bytes) = (ipv4, 5, 36, [0x21, 0xff])
    var connection = Connection()
    (connection.connection, connection.access) = (1, .administer)
    (connection.uid, connection.gid, connection.pid) = (2, 3, 4)
    var start = AuditStart()
    (start.bootID, start.fileName, start.key, start.maxSize, start.keep) = ("b", "f", [3], 4, 5)
    var record = Record()
    (record.act, record.decision, record.origin, record.object, record.cause) = (.sysctl, .deny, .kernel, "o", "c")
    (record.errno, record.duration, record.monotonic, record.wall, record.count) = (1, 2, 3, 4, 5)
    var status = AuditStatus()
    (status.isWorking, status.errno, status.taken, status.sequence) = (true, 28, 5, 6)
    status.hash = [0xaa, 0xbb]
    return [
      Case(
        .advertise(advertise), "010000000000002a01020601640311223344556677880102030405060708090a0b0c0d0e0f1011121314"),
      Case(.frame(frame), "010100000000002a00010401fe04 ~12 c0000201000000050024000221ff ~94"),
      Case(.ready, "010200000000002a"),
      Case(.acquire(group: 7), "010300000000002a0007"),
      Case(.release(group: 0xfffe), "010400000000002afffe"),
      Case(.bowOut(group: 1), "010500000000002a0001"),
      Case(.announce(group: 2), "010600000000002a0002"),
      Case(.deposit(advertise), "010700000000002a01020601640311223344556677880102030405060708090a0b0c0d0e0f1011121314"),
      Case(.note(note), "010800000000002a020400026e6f ~298 000d0a43415250445f564849443d31 ~187"),
      Case(.heartbeat(late: 258), "010900000000002a00000102"),
      Case(.closed(connection: 1), "010a00000000002a00000001"),
      Case(
        .administer(.maintenance, connection: 0xdead_beef, group: 0xffff, value: 6, isAllowed: true),
        "010b00000000002a02deadbeefffff0000000601"),
      Case(
        .settings(settings),
        "010c00000000002a0005776865656c ~27 000361646d ~29 0000006400000065000a2f7661722f6c6f672f61 ~245 "
          + "0200016b ~63 0000000000010000000901000000010000000200007530000000040506"),
      Case(
        .virtualHost(group: 1, interface: 2, host),
        "010d00000000002a00010002000465746830 ~11 03040501010100020102 ~62 0006000700026777 ~30"),
      Case(.address(group: 1, peer), "010e00000000002a00010620010db80000000000000000000000011801"),
      Case(.track(interface: 1, name: "eth9", demotion: 240), "010f00000000002a0001000465746839 ~896 f0"),
      Case(.commit(groups: 5, generation: 6), "011000000000002a000500000006"),
      Case(
        .diagnostic(level: .info, line: 1, column: 2, text: "no"), "011100000000002a06000000010000000200026e6f ~898"),
      Case(
        .link(interface: 1, .up, ipv4: ipv4, ipv6: ipv6),
        "011200000000002a00010304 ~12 c00002010620010db8000000000000000000000001"),
      Case(.role(group: 1, change: .damaged, address: 2), "011300000000002a0001020002"),
      Case(
        .result(request: 1, type: .advertise, group: 3, denial: .holdDown, errno: 5),
        "011400000000002a00000001000003080005"),
      Case(.connection(connection), "011500000000002a0000000102000000020000000300000004"),
      Case(.stalled(milliseconds: 5000), "011600000000002a00001388"),
      Case(.reloadResult(connection: 1, succeeded: true, generation: 2), "011700000000002a000000010100000002"),
      Case(.shutdown, "011800000000002a"),
      Case(
        .auditHead(connection: 1, status),
        "011900000000002a0000000101001c000000000000000500000000000000060002aabb ~30"),
      Case(.spawn(role: .config, token: 9), "011a00000000002a0200000009"),
      Case(.kill(token: 1), "011b00000000002a00000001"),
      Case(.seal(directory: "/a"), "011c00000000002a00022f61 ~898"),
      Case(.spawned(token: 3, pid: 4), "011d00000000002a0000000300000004"),
      Case(.exited(token: 1, bySignal: true, status: 9), "011e00000000002a000000010109"),
      Case(.auditStart(start), "011f00000000002a000162 ~39 000166 ~127 000103 ~63 00000000000000040005"),
      Case(
        .record(record),
        "012000000000002a0b020200016f ~199 000163 ~119 "
          + "000100000000000000020000000000000003000000000000000400000005"),
      Case(.auditStatus(status), "012100000000002a01001c000000000000000500000000000000060002aabb ~30"),
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

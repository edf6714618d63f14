import CARP
import Channel
import Crypto
import Glibc
import Linux
import Testing

@testable import Engine

/// The other end of the channel: configures an engine, plays the network to it and reads what it asks for.
final class FakeSupervisor {
  let loop: EventLoop
  let engine: Engine
  private(set) var socket: Int32
  private var lastID: UInt32 = 0
  private var bell: [Int32] = [-1, -1]

  static let key = Array("testpass".utf8)
  static let own = Channel.Address(.ipv4, 0xc000_0265)
  static let peer = Channel.Address(.ipv4, 0xc000_0266)
  static let addresses = [
    Channel.Address(.ipv4, 0xc000_0201),
    Channel.Address(.ipv6, 0x2001_0db8 << 96 | 1),
  ]

  init() throws {
    loop = EventLoop()
    var pair: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &pair) == 0)
    socket = pair[0]
    engine = Engine(channel: FileDescriptor(owning: pair[1]), loop: loop)
    // The loop must not be stopped by a deadline: those due at the same time would be forgotten.
    try #require(pipe(&bell) == 0)
    loop.watch(bell[0]) { [loop, bell] _ in
      var byte: UInt8 = 0
      read(bell[0], &byte, 1)
      loop.stop()
    }
    try engine.start()
  }
  deinit {
    hangUp()
    for descriptor in bell { close(descriptor) }
  }

  func hangUp() {
    if socket >= 0 { close(socket) }
    socket = -1
  }

  @discardableResult
  func send(_ message: Message) -> UInt32 {
    lastID += 1
    sendRaw(message.bytes(id: lastID))
    return lastID
  }
  func sendRaw(_ bytes: [UInt8]) { _ = Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// One virtual host, vhid 1 on "eth0": so quick that a test can wait for it (master-down after 234 ms).
  static func host(group: UInt16 = 0, vhid: UInt8 = 1, advbase: UInt8 = 0, advskew: UInt8 = 20) -> NumberedHost {
    var host = NumberedHost(group: group)
    host.interfaceName = "eth0"
    host.vhid = vhid
    host.advbase = advbase
    host.advskew = advskew
    host.secretKind = .key
    host.secret = key
    host.addresses = 2
    return host
  }

  func configure(
    _ hosts: [NumberedHost] = [host()], generation: UInt32 = 1, _ settings: Settings = Settings(),
    tracks: [Message] = []
  ) {
    send(.settings(settings))
    for host in hosts {
      send(host.message)
      for address in Self.addresses.prefix(Int(host.addresses)) {
        var message = HostAddress()
        message.address = address
        message.prefix = address.family == .ipv4 ? 24 : 64
        send(.address(group: host.group, message))
      }
    }
    for track in tracks { send(track) }
    send(.commit(groups: UInt16(hosts.count), generation: generation))
  }

  func link(_ condition: LinkCondition = .up, interface: UInt16 = 0) {
    send(.link(interface: interface, condition, ipv4: Self.own, ipv6: Channel.Address(unspecified: .ipv6)))
  }

  /// Configured, up, and given the role at once.
  func becomeMaster(_ host: NumberedHost = host()) {
    configure([host])
    link()
    send(.role(group: 0, change: .held))
  }

  /// An IPv4 packet.
  func frame(_ bytes: [UInt8], ttl: UInt8 = 255, source: Channel.Address = peer, options: Int = 0) {
    var frame = Frame()
    frame.source = source
    frame.bytes = Self.header(ttl: ttl, options: options) + bytes
    frame.length = UInt16(frame.bytes.count)
    send(.frame(frame))
  }

  /// An IPv4 header, of which the engine needs length and TTL, with so many words of options.
  static func header(ttl: UInt8 = 255, options: Int = 0) -> [UInt8] {
    [0x45 + UInt8(options), 0, 0, 0, 0, 0, 0, 0, ttl, 112] + [UInt8](repeating: 0, count: 10 + 4 * options)
  }

  /// A packet of the peer, its digest made by Crypto without any of the engine's code.
  static func advertisement(vhid: UInt8 = 1, advbase: UInt8 = 0, advskew: UInt8 = 0, counter: UInt64 = 1000) -> [UInt8]
  {
    Advertisement(
      vhid: vhid, advbase: advbase, advskew: advskew, demotion: 0, counter: counter,
      digest: digest(vhid: vhid, counter: counter)
    ).encoded()
  }
  static func digest(vhid: UInt8 = 1, counter: UInt64) -> CARP.Digest {
    var message: [UInt8] = [2, 1, vhid, 192, 0, 2, 1, 0x20, 0x01, 0x0d, 0xb8]
    message += [UInt8](repeating: 0, count: 11) + [1]
    message += (0..<8).reversed().map { UInt8(truncatingIfNeeded: counter >> UInt64($0 * 8)) }
    let code = HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: key))
    return CARP.Digest(bytes: Array(code))!
  }

  /// Lets the engine work for so long, and returns what it sent.
  func run(milliseconds: UInt64 = 20) throws -> [Packet] {
    loop.after(milliseconds: milliseconds) { [bell] in _ = write(bell[1], [1], 1) }
    try loop.run()
    return received()
  }

  private func received() -> [Packet] {
    var packets: [Packet] = []
    var buffer = [UInt8](repeating: 0, count: Packet.capacity)
    while socket >= 0 {
      let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0, let packet = try? Packet(bytes: Array(buffer.prefix(count))) else { break }
      packets.append(packet)
    }
    return packets
  }

  /// Hands the engine one end of a stream, and returns the other.
  func connect(_ number: UInt32 = 1, access: Access = .read, uid: UInt32 = 1000) throws -> Int32 {
    var pair: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    var connection = Connection()
    connection.connection = number
    connection.access = access
    connection.uid = uid
    lastID += 1
    try sendDatagram(socket, Message.connection(connection).bytes(id: lastID), descriptors: [pair[1]])
    close(pair[1])
    return pair[0]
  }
}

extension [Packet] {
  var advertisements: [Advertise] {
    compactMap { if case .advertise(let request) = $0.message { request } else { nil } }
  }
  var deposits: [Advertise] { compactMap { if case .deposit(let spare) = $0.message { spare } else { nil } } }
  /// The virtual hosts bowed out of.
  var bowOuts: [UInt16] { compactMap { if case .bowOut(let group) = $0.message { group } else { nil } } }
  /// The control connections said to be closed.
  var closed: [UInt32] { compactMap { if case .closed(let connection) = $0.message { connection } else { nil } } }
  /// What administrators did or want, or others may not do.
  var administered: [(act: ControlAct, connection: UInt32, group: UInt16, value: UInt32, isAllowed: Bool)] {
    compactMap {
      guard case .administer(let act, let client, let group, let value, let allowed) = $0.message else { return nil }
      return (act, client, group, value, allowed)
    }
  }
  func notes(_ code: NoteCode) -> [Note] {
    compactMap { if case .note(let note) = $0.message, note.kind == code.rawValue { note } else { nil } }
  }
  func count(_ type: MessageType) -> Int { filter { $0.type == type }.count }
}

/// A virtual host with the numbers it goes by.
@dynamicMemberLookup
struct NumberedHost {
  var group: UInt16
  var interface: UInt16 = 0
  var host = VirtualHost()

  var message: Message { .virtualHost(group: group, interface: interface, host) }
  subscript<T>(dynamicMember member: WritableKeyPath<VirtualHost, T>) -> T {
    get { host[keyPath: member] }
    set { host[keyPath: member] = newValue }
  }
}

extension Note {
  /// The value of one of its fields; empty if it is not there.
  func field(_ name: String) -> String {
    let found = fields.split(separator: "\n").first { $0.hasPrefix("CARPD_\(name)=") }
    return found.map { String($0.dropFirst(name.count + 7)) } ?? ""
  }
  var state: String { field("STATE") }
  var reason: String { field("REASON") }
}

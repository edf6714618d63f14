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
  static let own = Channel.Address(family: .ipv4, high: 0, low: 0xc000_0265)
  static let peer = Channel.Address(family: .ipv4, high: 0, low: 0xc000_0266)
  static let addresses = [
    Channel.Address(family: .ipv4, high: 0, low: 0xc000_0201),
    Channel.Address(family: .ipv6, high: 0x2001_0db8 << 32, low: 1),
  ]

  init() throws {
    loop = try EventLoop()
    var pair: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &pair) == 0)
    socket = pair[0]
    engine = Engine(channel: FileDescriptor(owning: pair[1]), loop: loop)
    // The loop must not be stopped by a deadline: those due at the same time would be forgotten.
    try #require(pipe(&bell) == 0)
    try loop.watch(bell[0]) { [loop, bell] _ in
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
  static func host(group: UInt16 = 0, vhid: UInt8 = 1, advbase: UInt8 = 0, advskew: UInt8 = 20) -> VirtualHost {
    var host = VirtualHost()
    host.group = group
    host.interface = 0
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
    _ hosts: [VirtualHost] = [host()], generation: UInt32 = 1, _ settings: Settings = Settings(),
    tracks: [Message] = []
  ) {
    send(.settings(settings))
    for host in hosts {
      send(.virtualHost(host))
      for (index, address) in Self.addresses.prefix(Int(host.addresses)).enumerated() {
        var message = HostAddress()
        message.group = host.group
        message.index = UInt16(index)
        message.address = address
        message.prefix = address.family == .ipv4 ? 24 : 64
        send(.address(message))
      }
    }
    for track in tracks { send(track) }
    send(.commit(groups: UInt16(hosts.count), generation: generation))
  }

  func link(_ condition: LinkCondition = .up) {
    send(.link(interface: 0, condition: condition))
    send(.ownSource(interface: 0, address: Self.own))
  }

  /// Configured, up, and given the role at once.
  func becomeMaster(_ host: VirtualHost = host()) {
    configure([host])
    link()
    send(.holdRole(group: 0))
  }

  func frame(_ bytes: [UInt8], ttl: UInt8 = 255, source: Channel.Address = peer) {
    var frame = Frame()
    frame.ttl = ttl
    frame.source = source
    frame.length = UInt16(bytes.count)
    frame.bytes = Array(bytes.prefix(Frame.capacity))
    send(.frame(frame))
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
      guard count > 0, let packet = Packet(bytes: Array(buffer.prefix(count))) else { break }
      packets.append(packet)
    }
    return packets
  }

  /// Hands the engine one end of a stream, and returns the other.
  func connect(_ number: UInt32 = 1, isAdministrator: Bool = false, uid: UInt32 = 1000) throws -> Int32 {
    var pair: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    var connection = Connection()
    connection.connection = number
    connection.isAdministrator = isAdministrator
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
  /// What administrators did, or others may not do.
  var administered: [(connection: UInt32, act: ControlAct, group: UInt16, allowed: Bool)] {
    compactMap {
      if case .administered(let connection, let act, let group, let allowed) = $0.message {
        (connection, act, group, allowed)
      } else {
        nil
      }
    }
  }
  func notes(_ code: NoteCode) -> [Note] {
    compactMap { if case .note(let note) = $0.message, note.code == code { note } else { nil } }
  }
  func count(_ type: MessageType) -> Int { filter { $0.type == type }.count }
}

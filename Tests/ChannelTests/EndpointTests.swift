import Glibc
import Linux
import Testing

@testable import Channel

/// An endpoint and the bare socket at its other end.
private final class Ends {
  let loop: EventLoop
  let endpoint: Endpoint
  private(set) var peer: Int32

  init() throws {
    loop = EventLoop()
    let (near, far) = try openSocketPair()
    peer = dup(far.raw)
    endpoint = Endpoint(near, loop: loop)
  }
  deinit { closePeer() }

  func closePeer() {
    if peer >= 0 { close(peer) }
    peer = -1
  }

  func write(_ bytes: [UInt8]) { #expect(send(peer, bytes, bytes.count, Int32(MSG_DONTWAIT)) == bytes.count) }

  func readAll() -> [Packet] {
    var found: [Packet] = []
    var buffer = [UInt8](repeating: 0, count: 2048)
    while true {
      let count = recv(peer, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count <= 0 { return found }
      if let packet = try? Packet(bytes: Array(buffer.prefix(count))) { found.append(packet) }
    }
  }
}

extension Endpoint.Incoming {
  fileprivate var word: String {
    switch self {
    case .packet(let packet, let descriptors): "\(packet.type) \(descriptors.count)"
    case .malformed: "malformed"
    case .gone: "gone"
    }
  }
}

@Suite struct EndpointTests {
  @Test func messages() throws {
    let ends = try Ends()
    ends.write(Message.heartbeat(late: 0).bytes(id: 1))
    #expect(try ends.endpoint.receive().word == "heartbeat 0")
    #expect(throws: Errno(EAGAIN)) { try ends.endpoint.receive() }
    for _ in 0..<3 { ends.endpoint.send(.shutdown) }
    #expect(ends.readAll().map(\.id) == [1, 2, 3])
  }

  @Test func whatIsNoMessage() throws {
    let ends = try Ends()
    let whole = Message.heartbeat(late: 0).bytes(id: 1)
    let wrong: [[UInt8]] = [
      [1], Array(whole.prefix(7)), whole + [UInt8](repeating: 0, count: 1013), [2] + whole.dropFirst(), whole + [0],
    ]
    for bytes in wrong {
      ends.write(bytes)
      #expect(try ends.endpoint.receive().word == "malformed")
    }
  }

  /// Descriptors are never accepted: the kernel discards them.
  @Test func descriptors() throws {
    let ends = try Ends()
    let whole = Message.heartbeat(late: 0).bytes(id: 1)
    for count in [1, 2, 100] {
      try sendDatagram(ends.peer, whole, descriptors: [Int32](repeating: 0, count: count))
      #expect(try ends.endpoint.receive().word == "malformed")
    }
    // A pipe's writing end, closed here, lives on in the datagram only: once that is refused, its reader sees the end.
    var pipe: [Int32] = [-1, -1]
    #expect(Glibc.pipe(&pipe) == 0 && fcntl(pipe[0], F_SETFL, O_NONBLOCK) == 0)
    try sendDatagram(ends.peer, whole, descriptors: [pipe[1]])
    close(pipe[1])
    var byte: UInt8 = 0
    #expect(read(pipe[0], &byte, 1) == -1 && errno == EAGAIN)
    #expect(try ends.endpoint.receive().word == "malformed")
    #expect(read(pipe[0], &byte, 1) == 0)
    close(pipe[0])
  }

  @Test func descriptorsFromATrustedPeer() throws {
    let ends = try Ends()
    let whole = Message.connection(Connection()).bytes(id: 1)
    try sendDatagram(ends.peer, whole, descriptors: [0])
    guard case .packet(let packet, let descriptors) = try ends.endpoint.receive(descriptors: 1) else {
      Issue.record("not a packet")
      return
    }
    #expect(packet.type == .connection && descriptors.count == 1)
    for descriptor in descriptors {
      #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
      close(descriptor)
    }
    var pipe: [Int32] = [-1, -1]
    try #require(pipe2(&pipe, O_NONBLOCK) == 0)
    try sendDatagram(ends.peer, whole, descriptors: [pipe[1], pipe[1], pipe[1]])
    #expect(try ends.endpoint.receive(descriptors: 1).word == "malformed")
    try sendDatagram(ends.peer, [9], descriptors: [pipe[1]])
    #expect(try ends.endpoint.receive(descriptors: 1).word == "malformed")
    // With this one the last copy is closed.
    close(pipe[1])
    var byte: UInt8 = 0
    #expect(read(pipe[0], &byte, 1) == 0)
    close(pipe[0])
  }

  @Test func end() throws {
    let closed = try Ends()
    closed.closePeer()
    #expect(try closed.endpoint.receive().word == "gone")
    let empty = try Ends()
    empty.write([])
    #expect(try empty.endpoint.receive().word == "gone")
    // Unread datagrams at the dead end: ECONNRESET instead of the end of the file, for both ways to receive.
    for wanted in [0, 1] {
      let reset = try Ends()
      reset.endpoint.send(.shutdown)
      reset.closePeer()
      #expect(try (wanted == 0 ? reset.endpoint.receive() : reset.endpoint.receive(descriptors: 1)).word == "gone")
    }
  }

  /// A peer that reads nothing: what was only offered is dropped, and what must be said is the end.
  @Test func backPressure() throws {
    let ends = try Ends()
    var hung = 0
    ends.endpoint.onHang = { hung += 1 }
    var sent: [UInt32] = []
    while let id = ends.endpoint.offer(.stalled(milliseconds: 0)) { sent.append(id) }
    #expect(sent.count > 10 && sent == Array(1...UInt32(sent.count)) && hung == 0)
    #expect(ends.endpoint.offer(.frame(Frame())) == nil && hung == 0)
    // As soon as it reads, it gets what waited, in order, and there is room again.
    #expect(ends.readAll().map(\.id) == sent)
    let next = ends.endpoint.send(.shutdown)
    #expect(next == sent.count + 3 && hung == 0 && ends.readAll().map(\.id) == [next])
    while ends.endpoint.offer(.shutdown) != nil {}
    for _ in 0..<3 { ends.endpoint.send(.shutdown) }
    #expect(hung == 1)
  }

  @Test func peerGoneWhileSending() throws {
    let ends = try Ends()
    var hung = 0
    ends.endpoint.onHang = { hung += 1 }
    ends.closePeer()
    for _ in 0..<3 { ends.endpoint.send(.shutdown) }
    #expect(hung == 1)
  }
}

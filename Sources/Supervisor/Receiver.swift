import CLinux
import Channel
import Glibc
import Linux

/// One receiving socket: bound to its interface, its filter locked, relaying opaque bytes.
///
/// The election socket is read when something comes, in batches, within a token bucket. The diagnosis socket has a
/// minimal buffer and is looked at ten times a second: a flood of bad packets costs next to nothing, and is counted.
final class Receiver {
  /// Frames a second that an election socket relays at most, and in one go.
  static let rate = 20_000.0
  static let burst = 2_000.0
  static let batch = 64

  private let socket: FileDescriptor
  private let interface: UInt16
  private let family: Family
  private let kind: SocketKind
  private let loop: EventLoop
  private var tokens = TokenBucket()
  private var lost: UInt32 = 0
  private var stopped = false
  /// Takes frames, and the number of those that were lost.
  var deliver: ((Message) -> Void)?

  init(_ owner: Interface, _ family: Family, _ kind: SocketKind, _ filter: [FilterInstruction], _ loop: EventLoop)
    throws(Errno)
  {
    interface = UInt16(truncatingIfNeeded: owner.number)
    self.family = family
    self.kind = kind
    self.loop = loop
    let domain = family == .ipv4 ? AF_INET : AF_INET6
    socket = try openSocket(domain, Int32(SOCK_RAW.rawValue), 112)
    try attachLockedFilter(socket.raw, filter)
    try setOption(socket.raw, SOL_SOCKET, SO_BINDTODEVICE, Array(owner.name.utf8) + [0])
    try setOption(socket.raw, SOL_SOCKET, SO_RXQ_OVFL, Int32(1))
    // What came between socket() and the filter is drained here, unread.
    for _ in 0..<1024 where (try? receiveDatagram(socket.raw, capacity: 1)) == nil { break }
    try setOption(socket.raw, SOL_SOCKET, SO_RCVBUF, Int32(kind == .election ? 1 << 18 : 4096))
    if family == .ipv4 {
      var request = ip_mreqn()
      request.imr_multiaddr.s_addr = UInt32(0xe000_0012).bigEndian
      request.imr_ifindex = owner.index
      try setOption(socket.raw, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, request)
    } else {
      try setOption(socket.raw, Int32(IPPROTO_IPV6), IPV6_RECVHOPLIMIT, Int32(1))
      // struct ipv6_mreq: ff02::12 and the interface.
      let bytes: [UInt8] = [0xff, 0x02] + [UInt8](repeating: 0, count: 13) + [0x12] + rawBytes(owner.index)
      try setOption(socket.raw, Int32(IPPROTO_IPV6), IPV6_ADD_MEMBERSHIP, bytes)
    }
  }

  func start() throws(Errno) {
    if kind == .election {
      try loop.watch(socket.raw) { [weak self] _ in self?.relay() }
    } else {
      poll()
    }
  }

  /// Hands over what has come, and ends.
  func stop() {
    relay()
    stopped = true
    loop.unwatch(socket.raw)
  }

  private func poll() {
    if stopped { return }
    relay()
    loop.after(milliseconds: 100) { [weak self] in self?.poll() }
  }

  private func relay() {
    let now = EventLoop.now()
    for _ in 0..<Receiver.batch {
      guard tokens.take(now, perSecond: Receiver.rate, burst: Receiver.burst) else { return rest() }
      guard let packet = try? receiveDatagram(socket.raw, capacity: 128, ancillary: 128) else {
        return tokens.giveBack()
      }
      relay(packet, now)
    }
  }

  /// The bucket is empty: leave the rest to the kernel's buffer, which counts what it drops.
  private func rest() {
    if kind == .diagnosis { return }
    loop.unwatch(socket.raw)
    loop.after(milliseconds: 10) { [weak self] in
      if let self, !self.stopped { try? self.start() }
    }
  }

  private func relay(_ packet: Datagram, _ now: UInt64) {
    var frame = Frame()
    frame.interface = interface
    frame.family = family
    frame.kind = kind
    frame.time = now
    guard let source = Address(bytes: packet.source) else { return }
    frame.source = source
    var payload = packet.bytes[...]
    var length = packet.length
    if family == .ipv4 {
      guard payload.count >= 20 else { return }
      frame.ttl = payload[8]
      let header = Int(payload[0] & 0x0f) * 4
      payload = payload.dropFirst(header)
      length -= header
    } else {
      frame.ttl = packet.hopLimit
    }
    frame.length = UInt16(clamping: length)
    frame.bytes = Array(payload.prefix(Frame.capacity))
    deliver?(.frame(frame))
    if packet.overflow != lost {
      deliver?(.overflow(interface: interface, family: family, kind: kind, count: packet.overflow &- lost))
      lost = packet.overflow
    }
  }
}

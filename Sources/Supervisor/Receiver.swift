import Channel

/// One receiving socket: bound to its interface, its filter locked, relaying opaque bytes.
///
/// The election socket is read when something comes, in batches, within a token bucket. The others have a minimal
/// buffer and rest after each look: a flood of bad packets costs next to nothing, and is counted.
final class Receiver {
  private let socket: FileDescriptor
  private let loop: EventLoop
  private let deliver: (Frame) -> Void
  /// What all its frames have in common.
  private var frame = Frame()
  private var tokens = TokenBucket()
  private var overflow: UInt32 = 0

  init(
    _ owner: Interface, _ kind: SocketKind, _ family: Family, _ filter: [FilterInstruction], _ loop: EventLoop,
    _ deliver: @escaping (Frame) -> Void
  ) throws(Errno) {
    (self.loop, self.deliver) = (loop, deliver)
    (frame.interface, frame.kind, frame.family) = (owner.number, kind, family)
    let domain = kind == .foreign ? AF_PACKET : family.domain
    socket = try openSocket(domain, Int32(SOCK_RAW.rawValue), kind == .foreign ? 0 : 112)
    try attachLockedFilter(socket.raw, filter)
    try setOption(socket.raw, SOL_SOCKET, SO_RCVBUF, Int32(kind == .election ? 1 << 18 : 4096))
    if kind == .foreign {
      try setOption(socket.raw, SOL_PACKET, 23, Int32(1))  // PACKET_IGNORE_OUTGOING (linux/if_packet.h)
      try bindSocket(socket.raw, to: socketAddress(interface: owner.index, protocol: UInt16(ETH_P_ALL)))
    } else {
      try setOption(socket.raw, SOL_SOCKET, SO_BINDTOIFINDEX, owner.index)
      try setOption(socket.raw, SOL_SOCKET, SO_RXQ_OVFL, Int32(1))
      // What came between socket() and the filter is drained here, unread.
      for _ in 0..<1024 where (try? receiveDatagram(socket.raw, capacity: 1)) == nil { break }
      if family == .ipv6 { try setOption(socket.raw, Int32(IPPROTO_IPV6), IPV6_RECVHOPLIMIT, Int32(1)) }
      // struct group_req: its address has room for 128 bytes.
      let group = socketAddress(family.advertisementGroup.bytes)
      let room = [UInt8](repeating: 0, count: 128 - group.count)
      let request = rawBytes(owner.index) + rawBytes(Int32(0)) + group + room
      try setOption(socket.raw, Int32(family == .ipv4 ? IPPROTO_IP : IPPROTO_IPV6), MCAST_JOIN_GROUP, request)
    }
    loop.watch(socket.raw) { [weak self] _ in self?.relay() }
  }

  deinit { loop.unwatch(socket.raw) }

  /// Hands over what has come.
  func relay() {
    let now = EventLoop.now()
    for _ in 0..<(frame.kind == .foreign ? 1 : 64) {
      guard let packet = try? receiveDatagram(socket.raw, capacity: 128, ancillary: 128) else { break }
      frame.source = Address(bytes: packet.source) ?? Address(unspecified: frame.family)
      frame.hopLimit = packet.hopLimit
      frame.length = UInt16(clamping: packet.length)
      frame.bytes = Array(packet.bytes.prefix(96))
      (frame.lost, overflow) = (packet.overflow &- overflow, packet.overflow)
      deliver(frame)
      // The bucket is empty: the rest is left to the kernel's buffer, which counts what it drops.
      if !tokens.take(now, perSecond: 20_000, burst: 2_000) { return loop.rest(socket.raw, milliseconds: 10) }
    }
    if frame.kind != .election { loop.rest(socket.raw, milliseconds: frame.kind == .diagnosis ? 100 : 10) }
  }
}

import Channel

/// Builds every packet that leaves, from the policy's own facts: of what the engine says only the numbers of an
/// advertisement get in.
final class Transmitter {
  /// Whole frames, any interface; protocol 0 receives nothing.
  private let frames: FileDescriptor
  /// Whole IP packets, to a peer.
  private let (packets4, packets6): (FileDescriptor, FileDescriptor)

  init() throws(Errno) {
    frames = try openSocket(AF_PACKET, Int32(SOCK_RAW.rawValue))
    packets4 = try openSocket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
    packets6 = try openSocket(AF_INET6, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
    // These two only send: a filter that passes nothing keeps their queues empty.
    let nothing = [FilterInstruction(UInt16(BPF_RET | BPF_K))]
    for socket in [packets4, packets6] { try attachLockedFilter(socket.raw, nothing) }
  }

  /// The 36 bytes of CARP section 2.
  static func advertisement(_ request: Advertise, vhid: UInt8) -> [UInt8] {
    var bytes: [UInt8] = [0x21, vhid, request.advskew, 7, request.demotion, request.advbase, 0, 0]
    bytes += big(request.counter) + big(request.digestStart) + big(request.digestEnd)
    bytes.replaceSubrange(6..<8, with: big(checksum(bytes)))
    return bytes
  }

  /// Sends one advertisement to the group, or to each peer of the family.
  func advertise(_ request: Advertise, _ holding: Holding) throws(Errno) {
    let payload = Transmitter.advertisement(request, vhid: holding.group.vhid)
    let peers = holding.group.peers(request.family)
    let source = holding.interface.source(request.family, for: peers)
    if peers.isEmpty {
      // IPv6 multicast without a link-local source would be dropped by every peer.
      if request.family == .ipv6 && source.isUnspecified { throw Errno(EADDRNOTAVAIL) }
      return try multicast(112, source, request.family.advertisementGroup, payload, holding)
    }
    var failure: Errno?
    for peer in peers {
      let name = socketAddress(peer.bytes, scope: peer.isLinkLocal ? holding.interface.index : 0)
      let packet = Transmitter.packet(112, source, peer, payload)
      let socket = peer.family == .ipv4 ? packets4 : packets6
      failure = attempt { () throws(Errno) in try sendDatagram(socket.raw, packet, to: name) } ?? failure
    }
    if let failure { throw failure }
  }

  /// Gratuitous ARP (a broadcast request, as the BSDs send) or unsolicited NA for one shared address.
  func announce(_ address: Address, _ holding: Holding, router: Bool) throws(Errno) {
    if address.family == .ipv4 {
      let arp = [0, 1, 8, 0, 6, 4, 0, 1] + holding.mac + address.bytes + [0, 0, 0, 0, 0, 0] + address.bytes
      return try send([8, 6] + arp, to: [UInt8](repeating: 0xff, count: 6), holding)
    }
    let allNodes = Address(.ipv6, 0xff02 << 112 | 1)
    // Override; Router where this host is one, or its clients would drop it as their default router (RFC 4861 7.2.5).
    var message = [136, 0, 0, 0, router ? 0xa0 : 0x20, 0, 0, 0] + address.bytes + [2, 1] + holding.mac
    let pseudo = address.bytes + allNodes.bytes + big(UInt32(message.count)) + [0, 0, 0, 58]
    message.replaceSubrange(2..<4, with: big(checksum(pseudo + message)))
    try multicast(58, address, allNodes, message, holding)
  }

  /// To the MAC address of a multicast address (RFC 1112 section 6.4, RFC 2464 section 7).
  private func multicast(_ number: UInt8, _ source: Address, _ target: Address, _ payload: [UInt8], _ holding: Holding)
    throws(Errno)
  {
    let (type, mac): ([UInt8], [UInt8]) =
      target.family == .ipv4
      ? ([8, 0], [1, 0, 0x5e] + target.bytes.suffix(3)) : ([0x86, 0xdd], [0x33, 0x33] + target.bytes.suffix(4))
    try send(type + Transmitter.packet(number, source, target, payload), to: mac, holding)
  }

  /// An Ethernet frame, of which `content` begins with the type.
  private func send(_ content: [UInt8], to mac: [UInt8], _ holding: Holding) throws(Errno) {
    let interface = socketAddress(interface: holding.interface.index)
    try sendDatagram(frames.raw, mac + holding.mac + content, to: interface)
  }

  /// The IP header: TTL 255, no options; for protocol 112 DSCP CS7 and DF (CARP section 1).
  private static func packet(_ number: UInt8, _ source: Address, _ target: Address, _ payload: [UInt8]) -> [UInt8] {
    if target.family == .ipv6 {
      let start: [UInt8] = [number == 112 ? 0x6e : 0x60, 0, 0, 0] + big(UInt16(payload.count)) + [number, 255]
      return start + source.bytes + target.bytes + payload
    }
    var header: [UInt8] = [0x45, 0xe0] + big(UInt16(20 + payload.count)) + big(UInt16.random(in: 1...UInt16.max))
    header += [0x40, 0, 255, number, 0, 0] + source.bytes + target.bytes
    header.replaceSubrange(10..<12, with: big(checksum(header)))
    return header + payload
  }
}

/// Network byte order.
private func big(_ value: some FixedWidthInteger & BitwiseCopyable) -> [UInt8] { rawBytes(value.bigEndian) }

/// The Internet checksum (RFC 1071).
private func checksum(_ bytes: [UInt8]) -> UInt16 {
  var sum: UInt32 = 0
  for (index, byte) in bytes.enumerated() { sum += index % 2 == 0 ? UInt32(byte) << 8 : UInt32(byte) }
  while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
  return ~UInt16(truncatingIfNeeded: sum)
}

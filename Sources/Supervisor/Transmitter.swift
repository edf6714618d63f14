import CLinux
import Channel
import Glibc
import Linux

/// Builds every packet that leaves, from the policy's own facts: of what the engine says only the numbers of an
/// advertisement get in.
final class Transmitter {
  /// Whole frames, any interface; protocol 0 receives nothing.
  private let frames: FileDescriptor
  private let unicast4: FileDescriptor
  private let unicast6: FileDescriptor

  init() throws(Errno) {
    let frames = try openSocket(AF_PACKET, Int32(SOCK_RAW.rawValue))
    let unicast4 = try openSocket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
    let unicast6 = try openSocket(AF_INET6, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_RAW))
    try setOption(unicast6.raw, Int32(IPPROTO_IPV6), IPV6_HDRINCL, Int32(1))
    // These two only send: a filter that passes nothing keeps their queues empty.
    for socket in [unicast4.raw, unicast6.raw] {
      try attachLockedFilter(socket, [FilterInstruction(UInt16(BPF_RET | BPF_K), 0)])
    }
    self.frames = frames
    self.unicast4 = unicast4
    self.unicast6 = unicast6
  }

  /// The 36 bytes of CARP section 2.
  static func advertisement(_ request: Advertise, vhid: UInt8) -> [UInt8] {
    let counter = big(request.counter)
    var bytes: [UInt8] = [0x21, vhid, request.advskew, 7, request.demotion, request.advbase, 0, 0]
    bytes += counter + request.digest.bytes
    bytes.replaceSubrange(6..<8, with: big(checksum(bytes)))
    return bytes
  }

  /// Sends one advertisement to the group, or to each peer of the family.
  func advertise(_ request: Advertise, _ group: PolicyGroup, on interface: Interface) throws(Errno) {
    let payload = Transmitter.advertisement(request, vhid: group.vhid)
    let peers = group.peers(request.family)
    let source = interface.source(request.family, linkLocal: peers.isEmpty || peers.contains { $0.isLinkLocal })
    if peers.isEmpty {
      // IPv6 multicast without a link-local source would be dropped by every peer.
      if request.family == .ipv6 && source.isUnspecified { throw Errno(EADDRNOTAVAIL) }
      let target = Transmitter.multicast(request.family)
      let sender = group.mac == .virtual ? group.virtualMAC : interface.mac
      let frame = Transmitter.frame(to: target.mac, from: sender, Transmitter.packet(payload, source, target.address))
      return try sendDatagram(frames.raw, frame, to: socketAddress(interface: interface.index))
    }
    var failure: Errno?
    for peer in peers {
      do {
        let bytes = Transmitter.packet(payload, source, peer)
        let socket = peer.family == .ipv4 ? unicast4.raw : unicast6.raw
        let scope = peer.isLinkLocal ? interface.index : 0
        try sendDatagram(socket, bytes, to: socketAddress(peer.bytes, scope: scope))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Gratuitous ARP (a broadcast request, as the BSDs send) or unsolicited NA for one shared address.
  func announce(_ address: Address, _ group: PolicyGroup, on interface: Interface, router: Bool) throws(Errno) {
    let mac = group.mac == .virtual ? group.virtualMAC : interface.mac
    if address.family == .ipv4 {
      let arp: [UInt8] =
        [0, 1, 8, 0, 6, 4, 0, 1] + mac + address.bytes + [UInt8](repeating: 0, count: 6) + address.bytes
      let broadcast = [UInt8](repeating: 0xff, count: 6)
      return try sendDatagram(
        frames.raw, broadcast + mac + [8, 6] + arp, to: socketAddress(interface: interface.index))
    }
    let allNodes = Address(family: .ipv6, high: 0xff02 << 48, low: 1)
    // Override; Router where this host is one, or its clients would drop it as their default router (RFC 4861 7.2.5).
    let flags: UInt8 = router ? 0xa0 : 0x20
    var message: [UInt8] = [136, 0, 0, 0, flags, 0, 0, 0] + address.bytes + [2, 1] + mac
    let pseudo = address.bytes + allNodes.bytes + big(UInt32(message.count)) + [0, 0, 0, 58]
    message.replaceSubrange(2..<4, with: big(checksum(pseudo + message)))
    let header: [UInt8] = [0x60, 0, 0, 0] + big(UInt16(message.count)) + [58, 255] + address.bytes + allNodes.bytes
    let frame = Transmitter.frame(to: [0x33, 0x33, 0, 0, 0, 1], from: mac, header + message)
    try sendDatagram(frames.raw, frame, to: socketAddress(interface: interface.index))
  }

  private static func multicast(_ family: Family) -> (address: Address, mac: [UInt8]) {
    family == .ipv4
      ? (Address(family: .ipv4, high: 0, low: 0xe000_0012), [1, 0, 0x5e, 0, 0, 0x12])
      : (Address(family: .ipv6, high: 0xff02 << 48, low: 0x12), [0x33, 0x33, 0, 0, 0, 0x12])
  }

  private static func frame(to target: [UInt8], from source: [UInt8], _ packet: [UInt8]) -> [UInt8] {
    target + source + (packet[0] >> 4 == 4 ? [0x08, 0x00] : [0x86, 0xdd]) + packet
  }

  /// The IP header of CARP section 1: DSCP CS7, DF, TTL 255, protocol 112, no options.
  private static func packet(_ payload: [UInt8], _ source: Address, _ target: Address) -> [UInt8] {
    if target.family == .ipv6 {
      return [0x6e, 0, 0, 0] + big(UInt16(payload.count)) + [112, 255] + source.bytes + target.bytes + payload
    }
    var header: [UInt8] = [0x45, 0xe0] + big(UInt16(20 + payload.count)) + big(UInt16.random(in: 1...UInt16.max))
    header += [0x40, 0, 255, 112, 0, 0] + source.bytes + target.bytes
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

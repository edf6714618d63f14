/// A VRRPv3 advertisement (RFC 5798 section 5.1, CARP section 10.4).
///
/// VRRP shares CARP's protocol number, groups and MAC addresses, so an id in use by both is a collision that has to be
/// told to the administrator by name.
public struct VRRPAdvertisement: Equatable, Sendable {
  /// The size of the header before the addresses, in bytes.
  public static let headerSize = 8

  /// The virtual router, 1...255.
  public var vrid: UInt8
  /// 1...254, 255 for the owner of the addresses, 0 for a router that resigns.
  public var priority: UInt8
  /// Centiseconds, 0...4095; the upper four bits of larger values are not sent.
  public var interval: UInt16
  /// In the order of the packet, all of the packet's family, at most 255 of them.
  public var addresses: [Address]

  public init(vrid: UInt8, priority: UInt8, interval: UInt16, addresses: [Address]) {
    self.vrid = vrid
    self.priority = priority
    self.interval = interval
    self.addresses = addresses
  }

  /// The bytes after the IP header of a packet between these two addresses, which the checksum covers as well.
  ///
  /// Addresses of another family than `source`, and those after the 255th, are left out.
  public func encoded(source: Address, destination: Address) -> [UInt8] {
    let carried = addresses.filter { $0.family == source.family }.prefix(255)
    let count = UInt8(carried.count)
    let head = [VRRPAdvertisement.versionAndType, vrid, priority, count] + bigEndianBytes(interval & 0xfff)
    let body = carried.flatMap(\.bytes)
    let message = head + [0, 0] + body
    let pseudo = pseudoHeader(source: source, destination: destination, length: message.count)
    return head + bigEndianBytes(checksum(pseudo + message)) + body
  }

  /// Decodes a packet that came with protocol 112, well enough to name who uses an id.
  ///
  /// The count of addresses is not believed: FreeBSD 15 counts both families in the IPv6 packet (CARP section 10.4).
  /// Over IPv4 a checksum without pseudo-header is accepted too, as some routers send. Of a packet that was cut the
  /// checksum cannot be verified.
  ///
  /// - Parameters:
  ///   - packet: what follows the IP header, perhaps cut.
  ///   - length: how many bytes followed the IP header on the wire.
  ///   - source: the packet's source address.
  ///   - destination: the packet's destination address.
  /// - Throws: `badlen` (shorter than a header), `hdrops` (cut within it), `badver` (not VRRPv3) or `badsum`.
  public static func decode(
    _ packet: [UInt8], length: Int, source: Address, destination: Address
  ) throws(Rejection) -> VRRPAdvertisement {
    guard length >= headerSize else { throw .badlen }
    guard packet.count >= headerSize else { throw .hdrops }
    guard packet[0] == versionAndType else { throw .badver }
    if packet.count >= length {
      let message = packet[..<length]
      let pseudo = pseudoHeader(source: source, destination: destination, length: length)
      guard checksum(pseudo + message) == 0 || (source.family == .ipv4 && checksum(message) == 0) else { throw .badsum }
    }
    let width = source.bytes.count
    let body = packet[headerSize..<min(length, packet.count)]
    let count = min(Int(packet[3]), body.count / width)
    return VRRPAdvertisement(
      vrid: packet[1], priority: packet[2], interval: bigEndian(packet[4..<6]) & 0xfff,
      addresses: (0..<count).compactMap { index in
        Address(bytes: Array(body.dropFirst(index * width).prefix(width)))
      })
  }

  /// Version 3 in the high nibble, type 1 (advertisement) in the low one.
  private static let versionAndType: UInt8 = 0x31
}

/// The pseudo-header of RFC 768 (IPv4) or RFC 8200 section 8.1 (IPv6).
private func pseudoHeader(source: Address, destination: Address, length: Int) -> [UInt8] {
  let ipProtocol: UInt8 = 112
  let size = UInt32(truncatingIfNeeded: length)
  let tail: [UInt8] =
    switch source.family {
    case .ipv4: [0, ipProtocol] + bigEndianBytes(UInt16(truncatingIfNeeded: size))
    case .ipv6: bigEndianBytes(size) + [0, 0, 0, ipProtocol]
    }
  return source.bytes + destination.bytes + tail
}

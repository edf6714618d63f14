/// How a vhid's advertisements travel in one family, which decides whether their TTL is checked (CARP section 4.1).
public enum Transport: Hashable, Sendable {
  case multicast
  case unicast
}

extension Advertisement {
  /// Decodes a received packet in the order of checks of FreeBSD 14 (CARP section 4.1). The digest is left to the
  /// caller, who alone has the key: it counts a wrong one as `badauth`.
  ///
  /// Type and authlen are ignored, as all kernels do, and so is what follows the 36 bytes.
  ///
  /// - Parameters:
  ///   - packet: what follows the IP header, perhaps cut after the 36th byte or later.
  ///   - length: how many bytes followed the IP header on the wire.
  ///   - ttl: the TTL or hop limit it arrived with.
  ///   - mode: how the vhid's advertisements travel in the packet's family on the receiving interface; nil if the vhid
  ///     has no address of that family there.
  /// - Throws: `badlen`, `hdrops`, `badsum`, `badvhid`, `badver` or `badttl`, whichever applies first.
  public static func decode(
    _ packet: [UInt8], length: Int, ttl: UInt8, mode: (_ vhid: UInt8) -> Transport?
  ) throws(Rejection) -> Advertisement {
    guard length >= size else { throw .badlen }
    guard packet.count >= size else { throw .hdrops }
    guard checksum(packet[..<size]) == 0 else { throw .badsum }
    let vhid = packet[1]
    guard let transport = mode(vhid) else { throw .badvhid }
    guard packet[0] >> 4 == versionAndType >> 4 else { throw .badver }
    guard transport == .unicast || ttl == 255 else { throw .badttl }
    return Advertisement(
      vhid: vhid, advbase: packet[5], advskew: packet[2], demotion: packet[4],
      counter: bigEndian(packet[8..<16]), digest: Digest(of: packet, at: 16))
  }
}

import Foundation

/// A packet of protocol 112 from a capture.
struct CapturedPacket {
  /// The IP header.
  var header: [UInt8]
  /// What follows the IP header.
  var payload: [UInt8]
  var ttl: UInt8
  var isIPv6: Bool
}

/// Reads the packets of protocol 112 from a pcap file (little endian, Ethernet).
func capturedPackets(_ name: String) throws -> [CapturedPacket] {
  let file = Array(try Fixtures.data("captures/\(name).pcap"))
  var packets: [CapturedPacket] = []
  var offset = 24
  while offset + 16 <= file.count {
    let length = (0..<4).reduce(0) { $0 | Int(file[offset + 8 + $1]) << (8 * $1) }
    let frame = Array(file[(offset + 16)..<(offset + 16 + length)])
    offset += 16 + length
    guard frame.count > 34 else { continue }
    if frame[12...13] == [0x08, 0x00], frame[23] == 112 {
      let total = Int(frame[16]) << 8 | Int(frame[17])
      packets.append(
        CapturedPacket(
          header: Array(frame[14..<34]), payload: Array(frame[34..<(14 + total)]), ttl: frame[22], isIPv6: false))
    } else if frame[12...13] == [0x86, 0xdd], frame[20] == 112 {
      let size = Int(frame[18]) << 8 | Int(frame[19])
      packets.append(
        CapturedPacket(
          header: Array(frame[14..<54]), payload: Array(frame[54..<(54 + size)]), ttl: frame[21], isIPv6: true))
    }
  }
  return packets
}

/// The Internet checksum of RFC 1071: the complement of the one's complement sum of the 16-bit words, an odd last byte
/// padded with zero.
///
/// Over bytes that contain a right checksum the result is 0. CARP sums its own 36 bytes only (CARP section 2), VRRPv3 a
/// pseudo-header as well (CARP section 10.4).
public func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
  // 64 bits hold the sum of more bytes than a machine has memory.
  var sum: UInt64 = 0
  var isHighByte = true
  for byte in bytes {
    sum &+= isHighByte ? UInt64(byte) << 8 : UInt64(byte)
    isHighByte.toggle()
  }
  while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
  return ~UInt16(truncatingIfNeeded: sum)
}

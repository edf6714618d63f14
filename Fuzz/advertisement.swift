// Fuzzes every parser of Sources/CARP: what a packet of protocol 112 goes through, and addresses as text.
//
//   swiftc -swift-version 6 -O -wmo -sanitize=fuzzer,address -use-ld=lld -parse-as-library \
//     Sources/CARP/*.swift Fuzz/advertisement.swift -o .build/fuzz-advertisement
//   .build/fuzz-advertisement -max_total_time=30 -max_len=128

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAdvertisement(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  // The first bytes choose what surrounds the packet.
  guard input.count >= 3 else { return 0 }
  let packet = Array(input[3...])
  let length = packet.count + Int(input[0] & 0x7f) - Int(input[0] >> 7)
  let transport: Transport? = [nil, .multicast, .unicast][Int(input[1] % 3)]
  if let decoded = try? Advertisement.decode(packet, length: length, ttl: input[2], mode: { _ in transport }) {
    var expected = packet[..<Advertisement.size]
    // Type and authlen are ignored on receive and fixed on sending, and the checksum follows them.
    for ignored in [0, 3, 6, 7] { expected[ignored] = decoded.encoded()[ignored] }
    precondition(decoded.encoded() == Array(expected))
  }
  for text in ["192.0.2.1", "fe80::1"] {
    if let source = Address(text) {
      _ = try? VRRPAdvertisement.decode(packet, length: length, source: source, destination: source)
    }
  }
  if let address = Address(String(decoding: packet, as: UTF8.self)) {
    precondition(Address(address.description) == address)
  }
  return 0
}

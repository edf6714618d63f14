// Fuzzes the codec of the channel: whatever a datagram holds, decoding it returns, and what is accepted has one encoding.
//
//   swiftc -swift-version 6 -O -wmo -sanitize=fuzzer,address -use-ld=lld -parse-as-library \
//     Sources/Channel/Address.swift Sources/Channel/Choices.swift Sources/Channel/Codec.swift \
//     Sources/Channel/Form.swift Sources/Channel/Message.swift Sources/Channel/Packet.swift \
//     Sources/Channel/Payload.swift Sources/Channel/Payloads.swift Fuzz/channel.swift -o .build/fuzz-channel
//   .build/fuzz-channel -max_total_time=30 -max_len=1100

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzChannel(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard let packet = try? Packet(bytes: bytes) else { return 0 }
  precondition(bytes.count <= Packet.capacity && packet.message.bytes(id: packet.id) == bytes)
  if case .link(_, _, _, let ipv6) = packet.message { precondition(!ipv6.description.isEmpty) }
  return 0
}

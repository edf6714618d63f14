// Fuzzes the codec of the channel: whatever a datagram holds, decoding it returns, and what is accepted has one encoding.
//
//   swiftc -swift-version 6 -O -wmo -sanitize=fuzzer,address -use-ld=lld -parse-as-library \
//     Sources/Channel/Fields.swift Sources/Channel/Types.swift Sources/Channel/Message.swift \
//     Sources/Channel/Packet.swift Fuzz/channel.swift -o .build/fuzz-channel
//   .build/fuzz-channel -max_total_time=30 -max_len=800

/// Decodes and encodes again; a second decoding must give the same value.
private func decode<P: Payload>(_ packet: Packet, as type: P.Type) {
  guard let payload = packet.decode(type) else { return }
  let again = Packet(packet.type, id: packet.id, payload)
  precondition(again.decode(type) == payload)
  precondition(again.bytes.count <= Packet.capacity)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzChannel(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let packet = Packet(bytes: unsafe Array(UnsafeBufferPointer(start: start, count: count))) else { return 0 }
  let types: [any Payload.Type] = [
    Ready.self, Advertise.self, GroupReference.self, Deposit.self, ConnectionReference.self, Note.self, Heartbeat.self,
    Settings.self, VirtualHost.self, HostAddress.self, Commit.self, Diagnostic.self, Frame.self, Link.self,
    OwnSource.self, AddressLost.self, Result.self, Connection.self, Stalled.self, Overflow.self, ReloadResult.self,
    Spawn.self, Seal.self, Child.self, Exited.self, AuditStart.self, Record.self, AuditStatus.self,
  ]
  for type in types { decode(packet, as: type) }
  if let note: Note = packet.decode() { precondition(!note.address.description.isEmpty) }
  return 0
}

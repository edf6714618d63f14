import CARP
import Testing

/// What the captures' README says of one file.
struct Recording: CustomTestStringConvertible, Sendable {
  var file: String
  var vhid: UInt8 = 7
  var password = "secret"
  var addresses = ["192.0.2.100"]
  var packets: Int
  /// How many verify; the others must not.
  var verifying: Int?
  var bowOuts: Int

  var testDescription: String { "\(file), password \(password), \(addresses)" }
}

@Suite("Packets of real kernels and of ucarp")
struct CaptureTests {
  static let all = [
    Recording(file: "netbsd-v4-single", packets: 8, bowOuts: 1),
    Recording(file: "netbsd-v4-two", addresses: ["192.0.2.101", "192.0.2.100"], packets: 7, bowOuts: 1),
    Recording(file: "netbsd-v6-single", addresses: ["2001:db8::100"], packets: 9, bowOuts: 1),
    Recording(file: "netbsd-v6-two", addresses: ["2001:db8::101", "2001:db8::100"], packets: 7, bowOuts: 1),
    Recording(file: "netbsd-dual", addresses: ["192.0.2.100", "2001:db8::100"], packets: 24, bowOuts: 4),
    Recording(
      file: "netbsd-multi",
      addresses: ["192.0.2.100", "192.0.2.101", "203.0.113.5", "2001:db8::100", "2001:db8::101"], packets: 10,
      bowOuts: 2),
    Recording(file: "netbsd-v4-takeover", packets: 21, bowOuts: 2),
    Recording(file: "netbsd-v4-preempt", packets: 14, bowOuts: 2),
    Recording(file: "netbsd-v4-tie", packets: 15, bowOuts: 2),
    Recording(file: "netbsd-v6-takeover", addresses: ["2001:db8::100"], packets: 11, bowOuts: 2),
    Recording(file: "netbsd-slow", vhid: 255, packets: 4, bowOuts: 1),
    Recording(file: "netbsd-key20", password: "abcdefghijklmnopqrst", packets: 4, bowOuts: 1),
    Recording(file: "netbsd-key1", password: "x", packets: 4, bowOuts: 1),
    Recording(file: "netbsd-keyempty", password: "", packets: 4, bowOuts: 1),
    Recording(file: "ucarp-netbsd-bowout", packets: 17, bowOuts: 1),
    Recording(file: "ucarp-master-exits", packets: 15, bowOuts: 1),
    Recording(file: "ucarp-preempts-and-crashes", packets: 16, bowOuts: 1),
    Recording(file: "ucarp-preempted-by-netbsd", packets: 12, bowOuts: 1),
    Recording(file: "ucarp-wrong-password", packets: 12, verifying: 9, bowOuts: 1),
    Recording(file: "ucarp-wrong-password", password: "Secret", packets: 12, verifying: 3, bowOuts: 1),
    Recording(
      file: "ucarp-address-mismatch", addresses: ["192.0.2.100", "192.0.2.101"], packets: 12, verifying: 9,
      bowOuts: 1),
    Recording(file: "ucarp-address-mismatch", packets: 12, verifying: 3, bowOuts: 1),
  ]

  @Test(arguments: all) func everyPacketIsAsItsDocumentSays(_ recording: Recording) throws {
    let packets = try capturedPackets(recording.file)
    #expect(packets.count == recording.packets)
    let key = Array(recording.password.utf8)
    let padded = key + [UInt8](repeating: 0, count: 20 - key.count)
    let input = DigestInput(vhid: recording.vhid, addresses: recording.addresses.map { Address($0)! })
    var verifying = 0
    var bowOuts = 0
    for packet in packets {
      if !packet.isIPv6 { #expect(checksum(packet.header) == 0) }
      let advertisement = try Advertisement.decode(
        packet.payload, length: packet.payload.count, ttl: packet.ttl
      ) { $0 == recording.vhid ? .multicast : nil }
      #expect(advertisement.encoded() == packet.payload)
      let own = digest(key: padded, input, counter: advertisement.counter)
      verifying += own.matches(advertisement.digest) ? 1 : 0
      bowOuts += advertisement.isBowOut ? 1 : 0
    }
    #expect(verifying == recording.verifying ?? recording.packets)
    #expect(bowOuts == recording.bowOuts)
  }
}

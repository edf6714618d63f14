import CARP
import Channel
import Control
import FoundationEssentials
import Testing

@testable import Engine

extension EngineTests {
  @Suite struct PartsTests {
    private struct Vector: Decodable {
      let key: String
      let vhid: UInt8
      let mode: String
      let addresses4: [String]
      let addresses6: [String]
      let counter: String
      let digest: String
      let lladdr: String?

      enum CodingKeys: String, CodingKey {
        case key = "key_hex"
        case vhid, mode, addresses4, addresses6, counter
        case digest = "md_hex"
        case lladdr
      }
    }

    private func bytes(_ hex: String) -> [UInt8] {
      let digits = Array(hex)
      return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }

    @Test func digestsAreThoseOfTheKernels() throws {
      let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/vectors/carp.json")
      let vectors = try JSONDecoder().decode([Vector].self, from: Data(contentsOf: file))
      var checked = 0
      for vector in vectors where vector.mode != "nov6ll" && vector.lladdr == nil {
        let addresses = (vector.addresses4 + vector.addresses6).compactMap { CARP.Address($0) }
        let authenticator = Authenticator(
          key: bytes(vector.key), input: DigestInput(vhid: vector.vhid, addresses: addresses))
        let counter = try #require(UInt64(vector.counter, radix: 16))
        #expect(authenticator.digest(counter: counter)?.bytes == bytes(vector.digest))
        checked += 1
      }
      #expect(checked > 100)
    }

    @Test func countersAvoidWhatWasSentAndWhatWasHeard() {
      var generator = SystemRandomNumberGenerator()
      var counters = CounterSequence(using: &generator)
      counters.adopt(.max)
      #expect((0..<3).map { _ in counters.next() } == [0, 1, 2])
      counters.adopt(0)
      #expect(counters.next() == 3, "1 and 2 were sent lately")
      counters.adopt(11)
      counters.adopt(10)
      #expect(counters.next() == 12, "11 was heard")
      // OpenBSD's counter never changes.
      counters.adopt(10)
      #expect(counters.next() == 13)
    }

    @Test func notesAreFolded() {
      var notes = FoldedNotes()
      func note(_ rejection: Rejection = .badauth, on index: UInt16 = 0) -> FoldedNotes.PacketNote {
        .init(
          text: .rejected(rejection, source: .ipv4(1), count: 0), group: nil,
          interface: Interface(name: "eth\(index)", index: index))
      }
      func count(_ note: FoldedNotes.PacketNote?) -> UInt32? {
        if case .rejected(_, _, let count) = note?.text { count } else { nil }
      }
      #expect(count(notes.take(note(), now: 0)) == 1)
      for _ in 0..<7 { #expect(notes.take(note(), now: 1) == nil) }
      #expect(count(notes.take(note(on: 3), now: 2)) == 1)
      #expect(count(notes.take(note(.badsum), now: 2)) == 1)
      #expect(notes.due(now: FoldedNotes.pause - 1).isEmpty)
      #expect(notes.due(now: FoldedNotes.pause).map { count($0) } == [7])
      #expect(notes.due(now: 3 * FoldedNotes.pause).isEmpty)
      #expect(count(notes.take(note(), now: 3 * FoldedNotes.pause)) == 1)
    }

    @Test func timestamps() {
      #expect(timestamp(nanoseconds: 0) == "1970-01-01T00:00:00Z")
      #expect(timestamp(nanoseconds: 951_782_400_999_999_999) == "2000-02-29T00:00:00Z")
      #expect(timestamp(nanoseconds: 1_735_689_599_000_000_000) == "2024-12-31T23:59:59Z")
      #expect(timestamp(nanoseconds: .max).hasPrefix("2554-07-21T"))
    }

    @Test func showLooksLikeIfconfig() throws {
      var host = VirtualHostStatus()
      host.interface = "eth0"
      host.vhid = 1
      host.state = "MASTER"
      host.advbase = 1
      host.advskew = 100
      host.addresses = ["192.0.2.1/24", "2001:db8::1/64", "10.0.0.1/32"]
      var backup = host
      backup.state = "BACKUP"
      backup.vhid = 2
      backup.demotion = 240
      backup.peers = ["192.0.2.102"]
      backup.peerMismatch = true
      backup.addresses = []
      var interface = InterfaceStatus()
      interface.name = "eth0"
      interface.state = "up"
      let reply = ShowReply(virtualHosts: [host, backup], interfaces: [interface], daemon: DaemonStatus())
      let mismatch =
        "advertisements heard on this vhid do not verify; compare password and address list on all machines"
      #expect(
        reply.text == """
          eth0: up
          \tcarp: MASTER vhid 1 advbase 1 advskew 100
          \tinet 192.0.2.1 netmask 0xffffff00 broadcast 192.0.2.255 vhid 1
          \tinet6 2001:db8::1 prefixlen 64 vhid 1
          \tinet 10.0.0.1 netmask 0xffffffff broadcast 10.0.0.1 vhid 1
          \tcarp: BACKUP vhid 2 advbase 1 advskew 100 demotion 240
          \t      peer 192.0.2.102 peer6 ff02::12
          \t      peer-mismatch: \(mismatch)

          """)
      let json = try hyphenatedJSON(reply)
      #expect(json.contains("\"virtual-hosts\"") && json.contains("\"peer-mismatch\" : true"))
      #expect(json.contains("192.0.2.1/24") && !json.contains("_"))
    }
  }
}

import Testing

@testable import Channel

@Suite struct CodecTests {
  @Test func everyMessageHasItsCase() {
    #expect(Set(Case.all.map(\.type)) == Set(MessageType.allCases))
    #expect(Case.all.count == MessageType.allCases.count)
  }

  @Test(arguments: Case.all) func goldenBytes(_ message: Case) throws {
    #expect(message.message.bytes(id: Case.id) == message.bytes)
    let packet = try Packet(bytes: message.bytes)
    #expect(packet.type == message.type && packet.id == Case.id && packet.message == message.message)
    #expect(message.bytes.count <= Packet.capacity)
  }

  /// Other lengths than the one are refused, each and every one.
  @Test(arguments: Case.all) func exactSize(_ message: Case) {
    for count in 0..<message.bytes.count {
      #expect((try? Packet(bytes: Array(message.bytes.prefix(count)))) == nil, "\(count) bytes")
    }
    for more in 1...8 {
      #expect((try? Packet(bytes: message.bytes + [UInt8](repeating: 0, count: more))) == nil, "\(more) bytes more")
    }
  }

  /// There is one encoding of each value: what is accepted encodes to the same bytes again.
  @Test(arguments: Case.all) func roundTrip(_ message: Case) throws {
    var random = SplitMix(seed: UInt64(message.type.rawValue))
    var accepted = 0
    for _ in 0..<3000 where message.bytes.count > 8 {
      var bytes = message.bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 8..<bytes.count, using: &random)
        // Small values are choices, lengths and booleans more often than others.
        bytes[index] =
          Bool.random(using: &random)
          ? UInt8.random(in: 0...255, using: &random) : UInt8.random(in: 0...8, using: &random)
      }
      if let packet = try? Packet(bytes: bytes) {
        accepted += 1
        let isSame = packet.message.bytes(id: packet.id) == bytes
        #expect(isSame, "\(bytes.count) bytes")
      }
    }
    #expect(accepted > 0 || message.bytes.count == 8)
  }

  @Test func header() {
    let bytes = Message.heartbeat(late: 0).bytes(id: 1)
    for (index, value) in [(0, 0), (0, 2), (1, 1), (1, 34), (1, 255), (2, 1), (3, 1)] as [(Int, UInt8)] {
      var changed = bytes
      changed[index] = value
      #expect((try? Packet(bytes: changed)) == nil, "byte \(index) = \(value)")
    }
    for type in 0...UInt8.max where MessageType(rawValue: type) == nil {
      for message in Case.all { #expect((try? Packet(bytes: [1, type] + message.bytes.dropFirst(2))) == nil) }
    }
  }

  @Test func choicesAndBooleans() throws {
    // Where in the payload, and the values that exist.
    let choices: [(MessageType, Int, Set<UInt8>)] = [
      (.advertise, 2, [4, 6]), (.deposit, 2, [4, 6]), (.note, 1, Set(3...6)), (.administer, 0, Set(0...7)),
      (.administer, 11, [0, 1]), (.spawn, 0, [0, 1, 2]), (.result, 4, Set(MessageType.allCases.map(\.rawValue))),
      (.link, 2, Set(0...4)), (.link, 3, [4, 6]), (.link, 20, [4, 6]), (.frame, 2, [4, 6]), (.frame, 3, [0, 1, 2]),
      (.result, 7, Set(0...12)), (.role, 2, Set(0...2)), (.connection, 4, [0, 1, 2]), (.exited, 4, [0, 1]),
      (.reloadResult, 4, [0, 1]), (.diagnostic, 0, Set(3...6)), (.address, 20, [0, 1]), (.auditStatus, 0, [0, 1]),
      (.auditHead, 4, [0, 1]), (.record, 0, Set(0...30)), (.record, 1, Set(0...3)), (.record, 2, Set(0...3)),
      (.virtualHost, 25, [0, 1]), (.virtualHost, 26, Set(0...3)),
    ]
    for (type, offset, known) in choices {
      let message = try #require(Case.named(type))
      for value in 0...UInt8.max {
        var bytes = message.bytes
        bytes[8 + offset] = value
        #expect(((try? Packet(bytes: bytes)) != nil) == known.contains(value), "\(type) byte \(offset) = \(value)")
      }
    }
  }

  @Test func bytesBeyondTheLength() throws {
    let message = try #require(Case.named(.frame))
    let start = message.bytes.count - 96
    for index in start..<message.bytes.count {
      var bytes = message.bytes
      bytes[index] ^= 0xff
      // The first two are used; behind them there must be zeros.
      #expect(((try? Packet(bytes: bytes)) != nil) == (index < start + 2))
    }
    for count in 0...UInt16.max {
      var bytes = message.bytes
      bytes[start - 2] = UInt8(count >> 8)
      bytes[start - 1] = UInt8(count & 0xff)
      #expect(((try? Packet(bytes: bytes)) != nil) == (2...96).contains(count))
    }
  }

  /// What is longer than its field is cut, never written over what follows.
  @Test func encodingCuts() throws {
    var frame = Frame()
    frame.bytes = [UInt8](repeating: 0xff, count: 1000)
    #expect(Message.frame(frame).bytes(id: 1).count == Case.named(.frame)?.bytes.count)
    var settings = Settings()
    settings.adminGroup = String(repeating: "é", count: 100)
    #expect(Message.settings(settings).bytes(id: 1).count == Case.named(.settings)?.bytes.count)
  }

  @Test func textIsUTF8() throws {
    let message = try #require(Case.named(.virtualHost))
    var bytes = message.bytes
    bytes[8 + 6] = 0xff
    #expect((try? Packet(bytes: bytes)) == nil)
  }

  @Test func addresses() throws {
    let texts = [
      ("c0000201", "192.0.2.1"), ("00000000", "0.0.0.0"), ("ffffffff", "255.255.255.255"),
      ("20010db8000000000000000000000001", "2001:db8::1"), ("00000000000000000000000000000000", "::"),
      ("00000000000000000000000000000001", "::1"), ("20010db8000000010000000000000001", "2001:db8:0:1::1"),
      ("20010000000100000001000000010001", "2001:0:1:0:1:0:1:1"), ("fe800000000000000000000000000000", "fe80::"),
      ("00010002000300040005000600070008", "1:2:3:4:5:6:7:8"),
    ]
    for (hex, text) in texts {
      let digits = Array(hex)
      let bytes = try stride(from: 0, to: digits.count, by: 2)
        .map { try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16)) }
      let address = try #require(Address(bytes: bytes))
      #expect(address.bytes == bytes && address.description == text)
    }
    var random = SplitMix(seed: 1)
    for _ in 0..<2000 {
      // Whatever the numbers are, and even where an IPv4 address has too many bits, nothing traps.
      let address = Address(
        Bool.random(using: &random) ? .ipv4 : .ipv6,
        UInt128(random.next() & random.next()) << 64 | UInt128(random.next() & random.next()))
      #expect(Address(bytes: address.bytes)?.description == address.description)
      for prefix in 0...UInt8.max { _ = address.network(prefix) }
    }
    #expect(Address(bytes: [1, 2, 3]) == nil)
  }
}

import Testing

@testable import Channel
@testable import Supervisor

/// What a hostile engine or config role may send, by the ten thousand, straight into the supervisor's decoding. The same
/// inputs go to Fuzz/channel.swift, which has more time.
@Suite struct FuzzTests {
  private static func feed(_ bytes: [UInt8], _ policy: inout Policy) -> Bool {
    switch (try? Packet(bytes: bytes))?.message {
    case nil: return false
    case .some(let message): try? policy.add(message)
    }
    return true
  }

  @Test func random() {
    var random = SplitMix(seed: 0x1)
    var policy = Policy(generation: 1)
    for _ in 0..<10_000 {
      let count = Int.random(in: 0...800, using: &random)
      _ = FuzzTests.feed((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, &policy)
    }
    // Bytes with the header right get further.
    for _ in 0..<10_000 {
      let message = Case.all[Int.random(in: 0..<Case.all.count, using: &random)]
      let rest = (8..<message.bytes.count).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = FuzzTests.feed(message.bytes.prefix(8) + rest, &policy)
    }
  }

  @Test func mutated() {
    var random = SplitMix(seed: 0x2)
    var policy = Policy(generation: 1)
    var accepted = 0
    for _ in 0..<10_000 {
      var bytes = Case.all[Int.random(in: 0..<Case.all.count, using: &random)].bytes
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: bytes.append(UInt8.random(in: 0...255, using: &random))
        case 1: if !bytes.isEmpty { bytes.removeLast() }
        default:
          if bytes.isEmpty { continue }
          bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
      }
      if FuzzTests.feed(bytes, &policy) { accepted += 1 }
    }
    #expect(accepted > 500)
  }
}

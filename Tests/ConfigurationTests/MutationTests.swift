import Testing

@testable import Configuration

/// SplitMix64: the same inputs on every run.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

struct MutationTests {
  private static let pieces = [
    "[", "]", "[[", "]]", "{", "}", "=", ",", ".", "\"", "\"\"\"", "'", "'''", "\\", "\\u", "#", "\n", "\r\n", "\r",
    "0x", "1e", "-", "+inf", "1979-05-27T07:32:00Z", "9223372036854775808", "::", "/", "\u{0}", "é", "password",
    "peers = [\"192.0.2.9\"]", "[[virtual-host]]", "advbase = 0", "mac = \"virtual\"",
  ].map { Array($0.utf8) }

  /// Whatever becomes of a file, reading it returns, and its answer does not contradict itself.
  @Test func mutatedFilesAreAnswered() {
    var generator = SeededGenerator(state: 112)
    let seed = Array(SchemaTests.everything.utf8)
    for _ in 0..<20_000 {
      var bytes = seed
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, place + Int.random(in: 0...12, using: &generator))
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.removeSubrange(place..<end)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        case 2: bytes.insert(contentsOf: Self.pieces.randomElement(using: &generator) ?? [], at: place)
        default: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &generator))
        }
      }
      let (configuration, diagnostics) = Configuration.parse(bytes, fileName: "f", worldReadable: false)
      let hasError = diagnostics.contains { $0.severity == .error }
      if (configuration == nil) != hasError {
        Issue.record("\(diagnostics) for \(String(decoding: bytes, as: UTF8.self))")
      }
    }
  }
}

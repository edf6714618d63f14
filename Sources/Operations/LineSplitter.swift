/// Makes lines of the output of a command, of a length and number that a log can bear.
struct LineSplitter {
  /// Bytes of a line, at most.
  static let longestLine = 2048
  /// Lines of one run, at most.
  static let mostLines = 1000

  private var partial: [UInt8] = []
  private var lines = 0
  /// Lines that were not passed on.
  private(set) var dropped = 0

  /// The lines that are complete now, without control characters.
  mutating func take(_ bytes: some Sequence<UInt8>) -> [String] {
    var complete: [String] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || partial.count == Self.longestLine {
        complete += [finish()].compactMap { $0 }
      }
      if byte != UInt8(ascii: "\n") { partial.append(byte) }
    }
    return complete
  }

  /// What is there without a newline at its end, if anything.
  mutating func finish() -> String? {
    defer { partial = [] }
    guard !partial.isEmpty else { return nil }
    lines += 1
    guard lines <= Self.mostLines else {
      dropped += 1
      return nil
    }
    return printable(String(decoding: partial, as: UTF8.self))
  }
}

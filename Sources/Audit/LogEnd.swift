/// Where a log ends, so that a run can go on from there.
public struct LogEnd: Equatable, Sendable {
  /// Bytes at the end of a file that are enough to find its last record; what a crash may leave behind it is shorter.
  public static let window = 1 << 16

  /// Sequence number of the last record, 0 if there is none.
  public var sequence: UInt64 = 0
  /// Number of the run that wrote it, 0 if there is none.
  public var run: UInt64 = 0
  public var hash = RecordHash.none
  /// Bytes behind the last record that a crash left, with the newline that will end them.
  public var torn: UInt64 = 0
  public var tornHash = RecordHash.none
  /// The file does not end with a newline.
  public var needsNewline = false

  /// The end of a log that has not begun.
  public init() {}

  /// Looks for the last record in the last bytes of a file.
  ///
  /// - Parameters:
  ///   - tail: the last `window` bytes of the file, or all of it.
  ///   - before: the end of the file before it, if `tail` is all of this one: where nothing in it is a record, the chain
  ///     goes on from there.
  /// - Returns: nil if there is no record to go on from.
  public init?(tail: [UInt8], before: LogEnd?) {
    needsNewline = tail.last.map { $0 != UInt8(ascii: "\n") } ?? false
    let text = needsNewline ? tail + [UInt8(ascii: "\n")] : tail
    var end = text.count
    while end > 0 {
      // Each line with its newline, from the last to the first.
      let begin = (text[..<(end - 1)].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
      if let line = RecordLine(Array(text[begin..<(end - 1)])) {
        sequence = line.record.sequence
        run = line.record.run
        hash = line.hash
        tear(text[end...])
        return
      }
      end = begin
    }
    guard let before else { return nil }
    (sequence, run, hash) = (before.sequence, before.run, before.hash)
    tear(text[...])
  }

  private mutating func tear(_ bytes: ArraySlice<UInt8>) {
    if bytes.isEmpty { return }
    torn = UInt64(bytes.count)
    tornHash = RecordHash(of: bytes)
  }
}

/// A record's number and hash, kept somewhere else than the log (the journal, another machine): a log that does not
/// have it was cut off or rewritten.
public struct Anchor: Hashable, Sendable, CustomStringConvertible {
  public var sequence: UInt64
  public var hash: RecordHash

  public init(sequence: UInt64, hash: RecordHash) {
    self.sequence = sequence
    self.hash = hash
  }

  /// Reads `SEQ:HASH`.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let sequence = UInt64(parts[0]), sequence > 0,
      let hash = RecordHash(hexadecimal: parts[1].utf8)
    else { return nil }
    self.init(sequence: sequence, hash: hash)
  }

  public var description: String { "\(sequence):\(hash)" }
}

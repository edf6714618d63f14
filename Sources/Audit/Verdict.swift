/// What a verifier found.
public struct Verdict: Sendable {
  /// Something said about one place of the log.
  public struct Finding: Equatable, Sendable {
    public var file: String
    /// From 1; 0 where the file as a whole is meant.
    public var line: Int
    public var text: String
  }

  /// Records accepted.
  public internal(set) var records: UInt64 = 0
  /// Files read.
  public internal(set) var segments = 0
  /// Number of the first record.
  public internal(set) var first: UInt64 = 0
  /// The last record accepted.
  public internal(set) var head = Anchor(sequence: 0, hash: .none)
  /// The last anchor in the log.
  public internal(set) var lastAnchor: Anchor?
  /// Records have MACs, but there was no key to check them with.
  public internal(set) var hasUncheckedMACs = false
  /// What is no sign of tampering but worth knowing.
  public internal(set) var warnings: [Finding] = []
  /// Why the log is not accepted; nil if it is.
  public internal(set) var failure: Finding?
}

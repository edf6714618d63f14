/// One record of the audit log: one line of JSON. See carpd-audit(5).
public struct AuditRecord: Equatable, Sendable {
  /// What only the first record of a run or of a file has.
  public struct Start: Equatable, Sendable {
    /// Version of the format.
    public static let format: UInt64 = 1
    public var format = Start.format
    /// Number of the file within its run, from 0.
    public var segment: UInt64 = 0
    /// Random, from which the run's keys come; empty without a key.
    public var salt: [UInt8] = []
    /// Names the key without telling it; empty without a key.
    public var key: [UInt8] = []
    /// Bytes behind the last whole record that a crash left; 0 if there are none.
    public var torn: UInt64 = 0
    /// The digest of those bytes.
    public var tornHash = RecordHash.none
  }

  /// From 1, over all runs and files.
  public var sequence: UInt64 = 0
  /// Number of the auditor's run that wrote it, from 1.
  public var run: UInt64 = 0
  /// The kernel's boot id.
  public var boot = ""
  /// CLOCK_MONOTONIC, nanoseconds.
  public var monotonic: UInt64 = 0
  /// RFC 3339, UTC, with nanoseconds.
  public var wall = ""
  /// Who wanted it: supervisor, engine, kernel, administrator; auditor for records about the log itself.
  public var origin = ""
  public var act = ""
  /// What it was done to.
  public var object = ""
  /// allow, deny, error or intent.
  public var decision = ""
  /// The kernel's error, 0 for none.
  public var errno: UInt64 = 0
  /// Nanoseconds it took.
  public var duration: UInt64 = 0
  public var cause = ""
  /// How many equal acts it stands for; with `auditLoss`, how many records were lost.
  public var count: UInt64 = 1
  public var start: Start?

  public init() {}

  /// The act of a record that begins a run or a file.
  public static let startAct = "start"
  /// The act of a record whose hash was written to the disk and sent to the journal.
  public static let anchorAct = "anchor"
}

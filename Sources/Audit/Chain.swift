/// Turns records into the lines of the log: numbers them, chains their hashes and authenticates them. One run of the
/// auditor has one chain; it continues the one of the run before.
public struct Chain {
  /// Number of the last record.
  public private(set) var sequence: UInt64 = 0
  /// Its hash.
  public private(set) var head = RecordHash.none
  private let boot: String
  private var run: UInt64 = 0
  private var start = AuditRecord.Start()
  private let ratchet: KeyRatchet?

  /// - Parameters:
  ///   - boot: the kernel's boot id.
  ///   - key: the original key, which the caller must forget; empty: hashes only.
  ///   - salt: 32 random bytes.
  public init(boot: String, key: [UInt8], salt: [UInt8]) {
    self.boot = boot
    if key.isEmpty {
      ratchet = nil
    } else {
      start.salt = salt
      start.key = KeyRatchet.identity(of: key)
      ratchet = KeyRatchet(key: key, salt: salt)
    }
  }

  /// The line that begins the run, to be written right behind what `end` was read from.
  public mutating func begin(_ record: AuditRecord, after end: LogEnd) -> [UInt8] {
    sequence = end.sequence
    head = end.hash
    run = end.run &+ 1
    (start.torn, start.tornHash) = (end.torn, end.tornHash)
    return (end.needsNewline ? [UInt8(ascii: "\n")] : []) + writeStart(record)
  }

  /// The first line of the run's next file.
  public mutating func beginFile(_ record: AuditRecord) -> [UInt8] {
    start.segment += 1
    (start.torn, start.tornHash) = (0, .none)
    ratchet?.beginSegment()
    return writeStart(record)
  }

  private mutating func writeStart(_ record: AuditRecord) -> [UInt8] {
    var record = record
    record.act = AuditRecord.startAct
    record.start = start
    return write(record)
  }

  /// The next line, with its newline. Sequence, run and boot id of `record` are filled in.
  public mutating func append(_ record: AuditRecord) -> [UInt8] {
    var record = record
    record.start = nil
    return write(record)
  }

  private mutating func write(_ record: AuditRecord) -> [UInt8] {
    var record = record
    // What is read from the file decides where counting begins, so it must not trap.
    sequence &+= 1
    (record.sequence, record.run, record.boot) = (sequence, run, boot)
    let line: [UInt8]
    (line, head) = RecordLine.write(record, after: head, ratchet: ratchet)
    return line
  }
}

extension AuditRecord {
  /// Sets the time from both clocks, in nanoseconds.
  public mutating func setTime(monotonic: UInt64, wall: UInt64) {
    self.monotonic = monotonic
    self.wall = wallTime(nanoseconds: wall)
  }
}

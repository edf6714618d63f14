/// Checks a log line by line, from its oldest file to its newest: that each line has its own hash, names the hash of the
/// one before, has the next number, and, with the original key, the right MAC.
///
/// It takes any bytes, keeps at most `LogEnd.window` of them, and stops at the first thing that is wrong.
public struct Verifier {
  /// A run has fewer files than this: a forged number must not keep the verifier busy for ever.
  private static let segmentLimit: UInt64 = 1 << 22

  private let key: [UInt8]
  private let anchors: [Anchor]
  private var verdict = Verdict()
  private var file = ""
  private var lineNumber = 0
  /// The line that is not complete yet.
  private var partial: [UInt8] = []
  /// Lines that are no records: allowed if the next record says that a crash left them.
  private var torn: [UInt8] = []
  private var tornPlace = Verdict.Finding(file: "", line: 0, text: "")
  /// The last record of this kind.
  private var last: AuditRecord?
  private var lastStart: AuditRecord?
  private var ratchet: KeyRatchet?

  /// - Parameters:
  ///   - key: the original key; empty: MACs are not checked.
  ///   - anchors: records that must be in the log.
  public init(key: [UInt8] = [], anchors: [Anchor] = []) {
    self.key = key
    self.anchors = anchors
  }

  /// True once the log is not acceptable: nothing more need be read.
  public var hasFailed: Bool { verdict.failure != nil }

  /// Begins a file, which is named so in what is found.
  public mutating func begin(file: String) {
    endFile()
    self.file = file
    lineNumber = 0
    verdict.segments += 1
  }

  /// Takes the next bytes of the file.
  public mutating func read(_ bytes: some Collection<UInt8>) {
    var rest = bytes[...]
    while !hasFailed, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      partial += rest[..<end]
      rest = rest[rest.index(after: end)...]
      lineNumber += 1
      take(partial)
      partial = []
    }
    if partial.count + rest.count > LogEnd.window {
      fail("a line is too long for a record", line: lineNumber + 1)
    } else if !hasFailed {
      partial += rest
    }
  }

  /// Ends the log.
  public mutating func finish() -> Verdict {
    endFile()
    if verdict.records == 0 { fail("holds no record", line: 0) }
    for anchor in anchors.sorted(by: { $0.sequence < $1.sequence }) {
      if anchor.sequence > verdict.head.sequence {
        fail(
          "the log ends at record \(verdict.head.sequence), before the anchor at \(anchor.sequence): it was cut off",
          line: 0)
      } else if anchor.sequence < verdict.first {
        fail("the log begins at record \(verdict.first), behind the anchor at \(anchor.sequence)", line: 0)
      }
    }
    return verdict
  }

  private mutating func endFile() {
    if !partial.isEmpty {
      fail(
        "the last line is not complete: changed, or cut off by a crash that carpd has not been started after",
        line: lineNumber + 1)
    }
    if !torn.isEmpty { failTorn() }
  }

  private mutating func take(_ line: [UInt8]) {
    guard let line = RecordLine(line) else {
      if torn.isEmpty { tornPlace = finding("is no record, or was changed", line: lineNumber) }
      torn += line + [UInt8(ascii: "\n")]
      if torn.count > LogEnd.window { failTorn() }
      return
    }
    guard vouches(line.record) else { return failTorn() }
    if let wrong = chainError(line) ?? startError(line.record) ?? runError(line.record) ?? macError(line) {
      return fail(wrong, line: lineNumber)
    }
    if let anchor = anchors.first(where: { $0.sequence == line.record.sequence && $0.hash != line.hash }) {
      return fail("record \(anchor.sequence) is not the one of the anchor: the log was rewritten", line: lineNumber)
    }
    accept(line)
  }

  private mutating func accept(_ line: RecordLine) {
    if !torn.isEmpty {
      verdict.warnings.append(
        finding("torn after a crash: \(torn.count) bytes, which the next start vouches for", line: tornPlace.line))
      torn = []
    }
    let record = line.record
    if verdict.records == 0 { verdict.first = record.sequence }
    verdict.records += 1
    verdict.head = Anchor(sequence: record.sequence, hash: line.hash)
    if record.act == AuditRecord.anchorAct { verdict.lastAnchor = verdict.head }
    if line.mac != nil && key.isEmpty { verdict.hasUncheckedMACs = true }
    if record.start != nil { lastStart = record }
    last = record
  }

  /// Whether a record is a start that names the torn lines before it, or there are none.
  private func vouches(_ record: AuditRecord) -> Bool {
    let named = record.start?.torn ?? 0
    if torn.isEmpty { return true }
    return named == torn.count && record.start?.tornHash == RecordHash(of: torn)
  }

  private func chainError(_ line: RecordLine) -> String? {
    let record = line.record
    if let start = record.start, start.torn > 0 && torn.isEmpty {
      return "names torn lines before it, which are not there"
    }
    guard let last else {
      let isFirst = record.sequence == 1
      if isFirst == (line.previous == .none) && record.sequence > 0 { return nil }
      return "has the number \(record.sequence), which does not agree with what it names as the record before"
    }
    if line.previous != verdict.head.hash {
      return "does not continue the record before: one was changed, removed, inserted or moved"
    }
    return record.sequence == last.sequence &+ 1 ? nil : "is not numbered \(last.sequence &+ 1)"
  }

  private mutating func startError(_ record: AuditRecord) -> String? {
    guard let start = record.start else {
      let isFirst = lineNumber == 1 || last == nil
      return isFirst ? "does not begin with a start record: the beginning was removed" : nil
    }
    guard start.format == AuditRecord.Start.format else {
      return "has the format \(start.format), which this program cannot read"
    }
    guard start.segment < Verifier.segmentLimit else { return "has an impossible segment number" }
    if start.segment == 0 {
      if let last, record.run != last.run &+ 1 { return "begins run \(record.run) behind run \(last.run)" }
    } else {
      if lineNumber != 1 { return "begins a file, but is not its first record" }
      if let before = lastStart, before.start?.segment != start.segment - 1 || before.start?.salt != start.salt {
        return "is not the next file of its run"
      }
    }
    return key.isEmpty ? nil : keyError(start)
  }

  private mutating func keyError(_ start: AuditRecord.Start) -> String? {
    if start.key.isEmpty { return "was written without a key" }
    guard start.key == KeyRatchet.identity(of: key) else { return "was written with another key" }
    if start.segment > 0, let ratchet {
      ratchet.beginSegment()
    } else {
      let ratchet = KeyRatchet(key: key, salt: start.salt)
      for _ in 0..<start.segment { ratchet.beginSegment() }
      self.ratchet = ratchet
    }
    return nil
  }

  private func runError(_ record: AuditRecord) -> String? {
    guard let last, record.start?.segment != 0 else { return nil }
    return record.run == last.run && record.boot == last.boot ? nil : "is of another run than the record before"
  }

  private func macError(_ line: RecordLine) -> String? {
    if key.isEmpty { return nil }
    guard let mac = line.mac else { return "has no MAC" }
    return ratchet?.mac(of: line.authenticated).bytes == mac ? nil : "has a wrong MAC"
  }

  private func finding(_ text: String, line: Int) -> Verdict.Finding {
    Verdict.Finding(file: file, line: line, text: text)
  }

  private mutating func failTorn() {
    if verdict.failure == nil { verdict.failure = tornPlace }
  }

  private mutating func fail(_ text: String, line: Int) {
    if verdict.failure == nil { verdict.failure = finding(text, line: line) }
  }
}

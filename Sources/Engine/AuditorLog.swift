import Audit
import Channel
import Linux

/// The audit log being written: what waits, what was lost, when to rotate, when to anchor. Whatever goes wrong is tried
/// again a second later; meanwhile a bounded number of records is kept.
final class AuditorLog {
  /// Records kept while they cannot be written; beyond it the oldest is dropped and counted.
  static let capacity = 4096
  /// Records between two anchors, at most.
  static let anchorRecords = 256
  /// Nanoseconds between two anchors, at most, if there are records.
  static let anchorPeriod: UInt64 = 60_000_000_000
  /// A file holds at least its start record and some more, whatever the configuration says.
  private static let smallestFile: UInt64 = 8192
  private static let retryPeriod: UInt64 = 1_000_000_000
  /// Lines written in one go, at most.
  private static let batch = 64

  /// What the next line in a newly opened file must be.
  private enum Opening {
    /// The beginning of this run, behind what is there.
    case run
    /// The beginning of the run's next file.
    case file(cause: String)
    /// Nothing: a pipe whose reader came back.
    case none
  }

  private let file: AuditorFile
  private let fileName: String
  private let journal: AuditorJournal
  private let maxSize: UInt64
  private var chain: Chain
  private var opening = Opening.run
  private var queue: [Record] = []
  /// Records dropped and not yet told of in the log.
  private var lost: UInt64 = 0
  /// Lines that are part of the chain already, but not, or not as a whole, in the file.
  private var unwritten: [UInt8] = []
  /// The anchor among them, or on its way to the disk.
  private var pendingAnchor: Anchor?
  private var recordsSinceAnchor = 0
  private var lastAnchor = EventLoop.now()
  /// The file has got its number; when all is written it is closed.
  private var isRotating = false
  private var retryTime: UInt64 = 0
  private var rotationTime: UInt64 = 0

  /// Whether records get into the file, and the last that did.
  private(set) var status = AuditStatus()

  /// - Parameter lost: records that a log before this one could not write.
  init(_ start: AuditStart, directory: Int32, journal: AuditorJournal, lost: UInt64 = 0) {
    self.lost = lost
    file = AuditorFile(directory: directory, name: start.fileName, keep: Int(start.keep))
    fileName = start.fileName
    self.journal = journal
    maxSize = max(start.maxSize, AuditorLog.smallestFile)
    chain = Chain(boot: start.bootID, key: start.key, salt: (0..<32).map { _ in UInt8.random(in: .min ... .max) })
  }

  /// Records that are not in the file yet.
  var waiting: UInt64 { lost + UInt64(queue.count) + UInt64(unwritten.count { $0 == UInt8(ascii: "\n") }) }

  /// Takes records; `write` gets them into the file.
  func add(_ records: [Record]) {
    queue += records
    let surplus = queue.count - AuditorLog.capacity
    if surplus > 0 {
      queue.removeFirst(surplus)
      lost += UInt64(surplus)
    }
  }

  /// What is due each second.
  func tick() {
    if !file.isStillNamed { abandonFile() }
    if recordsSinceAnchor > 0 && EventLoop.now() >= lastAnchor + AuditorLog.anchorPeriod && pendingAnchor == nil {
      anchor("a minute")
    }
    write()
  }

  /// Writes all that waits and ends with an anchor, if that can be done now.
  func stop() {
    retryTime = 0
    write()
    guard status.isWorking else { return }
    anchor("stop")
    write()
  }

  /// Writes what waits, as far as possible; after a failure not before a second has passed.
  func write() {
    let now = EventLoop.now()
    if now < retryTime { return }
    do throws(Errno) {
      try writeAll()
      (status.isWorking, status.errno) = (true, 0)
    } catch {
      (status.isWorking, status.errno) = (false, UInt16(truncatingIfNeeded: error.number))
      retryTime = now + AuditorLog.retryPeriod
      // The reader of a pipe is gone; it takes an open to see whether there is a new one.
      if !file.isRegular { file.close() }
    }
  }

  private func writeAll() throws(Errno) {
    while true {
      if !file.isOpen { try open() }
      while !unwritten.isEmpty { unwritten.removeFirst(try file.write(unwritten)) }
      (status.sequence, status.hash) = (chain.sequence, chain.head.bytes)
      if let anchor = pendingAnchor {
        try file.sync()
        journal.send(anchor)
        pendingAnchor = nil
      }
      if isRotating {
        isRotating = false
        file.finish()
        opening = .file(cause: "rotation")
      } else if queue.isEmpty && lost == 0 {
        return
      } else if file.size < maxSize || !beginRotation() {
        fillBatch()
      }
    }
  }

  private func open() throws(Errno) {
    do throws(Errno) {
      try file.open()
      switch opening {
      case .run:
        let end = try file.end()
        if end == nil {
          // It stays beside the new log, for somebody to look at.
          try file.shift()
          file.finish()
          try file.open()
        }
        let cause = end == nil ? "the log before could not be continued" : ""
        unwritten = chain.begin(own(AuditRecord.startAct, cause), after: end ?? LogEnd())
      case .file(let cause): unwritten = chain.beginFile(own(AuditRecord.startAct, cause))
      case .none: break
      }
      opening = .none
    } catch {
      file.close()
      throw error
    }
  }

  /// False if the file cannot be renamed: then it grows, and a second later it is tried again.
  private func beginRotation() -> Bool {
    let now = EventLoop.now()
    if now < rotationTime { return false }
    do throws(Errno) {
      try file.shift()
      isRotating = true
      anchor("rotation")
      return true
    } catch {
      rotationTime = now + AuditorLog.retryPeriod
      return false
    }
  }

  /// The file has lost its name: what is not in it never will be, and the log goes on in a new one.
  private func abandonFile() {
    if isRotating { return }
    lost = waiting - UInt64(queue.count)
    unwritten = []
    pendingAnchor = nil
    file.close()
    opening = .file(cause: "the file was removed")
  }

  private func fillBatch() {
    if lost > 0 {
      var record = own("\(ActKind.auditLoss)", "the log could not be written")
      record.decision = "\(ActDecision.error)"
      record.count = lost
      lost = 0
      append(record)
    }
    var taken = 0
    // At least one, for the time in which a full file cannot be rotated.
    while taken < min(queue.count, AuditorLog.batch)
      && (taken == 0 || file.size + UInt64(unwritten.count) < maxSize)
    {
      append(AuditRecord(queue[taken]))
      taken += 1
    }
    queue.removeFirst(taken)
    if recordsSinceAnchor >= AuditorLog.anchorRecords { anchor("\(recordsSinceAnchor) records") }
  }

  private func append(_ record: AuditRecord) {
    unwritten += chain.append(record)
    recordsSinceAnchor += 1
  }

  private func anchor(_ cause: String) {
    unwritten += chain.append(own(AuditRecord.anchorAct, cause))
    pendingAnchor = Anchor(sequence: chain.sequence, hash: chain.head)
    recordsSinceAnchor = 0
    lastAnchor = EventLoop.now()
  }

  /// A record about the log itself.
  private func own(_ act: String, _ cause: String) -> AuditRecord {
    var record = AuditRecord()
    record.origin = "auditor"
    record.act = act
    record.object = fileName
    record.decision = "\(ActDecision.allow)"
    record.cause = cause
    record.setTime(monotonic: EventLoop.now(), wall: EventLoop.wallClock())
    return record
  }
}

extension AuditRecord {
  fileprivate init(_ record: Record) {
    self.init()
    origin = "\(record.origin)"
    act = "\(record.act)"
    object = record.object
    decision = "\(record.decision)"
    errno = UInt64(record.errno)
    duration = record.duration
    cause = record.cause
    count = UInt64(record.count)
    setTime(monotonic: record.monotonic, wall: record.wall)
  }
}

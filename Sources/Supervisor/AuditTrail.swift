import Channel
import Confinement

/// Hands every privileged act to the auditor. It never waits: what the auditor has not confirmed is kept up to a limit,
/// for the next one, then counted as lost; whether acquisitions go on meanwhile is the configuration's choice.
final class AuditTrail: ChildOwner {
  /// Records kept.
  static let limit = 4096

  private let loop: EventLoop
  private let log: Log
  /// Records that no auditor has confirmed, with their numbers among those that this one was sent; 0 before.
  private var kept: [(number: UInt64, record: Record)] = []
  private var sent: UInt64 = 0
  private var buckets: [ActKind: TokenBucket] = [:]
  private var further: [ActKind: [ActDecision: (origin: ActOrigin, count: UInt32)]] = [:]
  private var lost: UInt64 = 0
  private var words = TokenBucket()
  private weak var children: Children?
  private var auditor: ChildProcess?
  /// True while it takes records.
  private var isReady = false
  private var channel: Endpoint? { isReady && auditor?.isEnded == false ? auditor?.endpoint : nil }
  /// What it is told at its start, and the directory it is given; nil when there is to be none any more.
  private var orders: (start: AuditStart, directory: String)?
  /// What follows its end, once there is to be none any more.
  private var closed: (() -> Void)?
  /// The auditor's last word. It does not work from the moment it says it cannot write, is gone, or has not been heard
  /// for three seconds.
  private(set) var status = AuditStatus()
  private var lastStatus: UInt64 = 0
  /// As the log has it.
  private var wasWorking: Bool?

  init(_ loop: EventLoop, _ log: Log) { (self.loop, self.log) = (loop, log) }

  /// Records one act. `start` is when it began, if its duration is worth telling.
  func callAsFunction(
    _ act: ActKind, _ object: String, _ decision: ActDecision = .allow, errno: Int32 = 0, since start: UInt64? = nil,
    origin: ActOrigin = .supervisor, cause: String = "", count: UInt32 = 1
  ) {
    var record = Record()
    (record.act, record.object, record.cause, record.origin, record.count) = (act, object, cause, origin, count)
    record.decision = decision == .allow && errno != 0 ? .error : decision
    record.errno = UInt16(truncatingIfNeeded: errno)
    (record.monotonic, record.wall) = (EventLoop.now(), EventLoop.wallClock())
    record.duration = start.map { record.monotonic - $0 } ?? 0
    pass(record)
  }

  /// The same for what others decide how often it happens: beyond a hundred at once and ten a second they are counted, or
  /// a flood of them would push all else out of the log.
  func sparingly(
    _ act: ActKind, _ object: String, _ decision: ActDecision, errno: Int32 = 0, origin: ActOrigin, cause: String
  ) {
    if buckets[act, default: TokenBucket()].take(EventLoop.now(), perSecond: 10, burst: 100) {
      return self(act, object, decision, errno: errno, origin: origin, cause: cause)
    }
    further[act, default: [:]][decision] = (origin, (further[act]?[decision]?.count ?? 0) &+ 1)
  }

  /// Records how many were only counted.
  func sumUp() {
    for (act, sums) in further {
      for (decision, sum) in sums { self(act, "further ones", decision, origin: sum.origin, count: sum.count) }
    }
    further = [:]
  }

  private func pass(_ record: Record) {
    let hasRoom = kept.count < AuditTrail.limit
    if channel?.offer(.record(record)) != nil {
      sent += 1
      if hasRoom { kept.append((sent, record)) }
    } else if hasRoom && channel == nil {
      // Not even a channel any more, if the auditor was found gone by this.
      kept.append((0, record))
    } else {
      lost &+= 1
    }
  }

  /// Starts the auditor, and again whenever it ends; a running one is told what a reload changed.
  func start(_ children: Children, _ policy: Policy) {
    let settings = policy.settings
    var start = AuditStart()
    start.bootID = (try? readText("/proc/sys/kernel/random/boot_id")) ?? ""
    start.fileName = String(settings.auditLog.split(separator: "/").last ?? "audit.jsonl")
    (start.key, start.maxSize, start.keep) = (policy.auditKey, settings.auditMaxSize, settings.auditKeep)
    if start == orders?.start { return }
    orders = (start, Startup.directory(of: settings.auditLog))
    self.children = children
    if let channel { channel.send(.auditStart(start)) } else if auditor == nil { launch() }
  }

  /// Lets the auditor write what it has, and calls `done` once, at most 300 ms later.
  func close(_ done: @escaping () -> Void) {
    let unwritten = isReady || orders == nil ? 0 : kept.count
    if unwritten > 0 { log(.warning, "\(unwritten) records are not in the audit log: it has no auditor now") }
    (orders, isReady, closed) = (nil, false, done)
    if let auditor { auditor.endpoint.finish() } else { closed.take()?() }
    loop.after(milliseconds: 300) { [unowned self] in closed.take()?() }
  }

  private func launch() {
    guard let orders, let children else { return }
    let failure = attempt { () throws(Errno) in
      let place = try openFile(orders.directory, O_PATH | O_DIRECTORY)
      let journal = Log.openJournal()
      auditor = try children.start(.auditor, for: self, extra: [place.raw] + (journal.map { [$0.raw] } ?? []))
    }
    if let failure { again("\(failure)") }
  }

  private func again(_ reason: String) {
    report(reason)
    loop.after(milliseconds: 1000) { [weak self] in
      if self?.auditor == nil { self?.launch() }
    }
  }

  func childIsReady(_ child: ChildProcess) {
    guard let orders else { return }
    let waiting = kept
    (isReady, kept, sent, status.taken) = (true, [], 0, 0)
    child.endpoint.send(.auditStart(orders.start))
    for entry in waiting { pass(entry.record) }
  }

  func childEnded(_ reason: String) {
    // What it had confirmed neither, and is not here any more.
    if isReady { lost &+= sent - status.taken - UInt64(kept.count { $0.number > 0 }) }
    (auditor, isReady) = (nil, false)
    closed.take()?()
    if orders == nil { return }
    log(.error, "the auditor process \(reason); starting another")
    again("the auditor is gone")
  }

  func receive(_ packet: Packet) -> String? {
    guard case .auditStatus(let word) = packet.message, (status.taken...sent).contains(word.taken) else {
      return "not an auditor's message"
    }
    kept.removeAll { $0.number <= word.taken }
    if !words.take(EventLoop.now(), perSecond: 100, burst: 200) { return "a flood of messages" }
    let error = Errno(Int32(word.errno))
    report(word.isWorking ? nil : error.number == EBUSY ? "another carpd writes this file" : "\(error)")
    (status, lastStatus) = (word, EventLoop.now())
    let count = lost
    lost = 0
    if count == 0 { return nil }
    self(.auditLoss, "records lost before they reached the auditor", .error, count: UInt32(clamping: count))
    // That one was, too.
    if lost > 0 { lost = count }
    return nil
  }

  /// An auditor that stands still says nothing of it.
  func watch(_ now: UInt64) {
    if status.isWorking && now > lastStatus + 3_000_000_000 { report("the auditor does not answer") }
  }

  private func report(_ failure: String?) {
    if let failure, wasWorking != false {
      log(.warning, "the audit log cannot be written: \(failure); see [audit] in the configuration")
    }
    if failure == nil && wasWorking != true { log(.notice, "the audit log is written") }
    (wasWorking, status.isWorking) = (failure == nil, failure == nil)
  }
}

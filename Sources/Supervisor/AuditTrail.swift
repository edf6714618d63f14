import Channel
import Confinement

/// Hands every privileged act to the auditor. It never waits: what the auditor cannot take is kept up to a limit, then
/// counted as lost, and whether acquisitions go on meanwhile is the configuration's choice.
final class AuditTrail: ChildOwner {
  /// Records kept while there is no auditor.
  static let limit = 4096

  private let loop: EventLoop
  private let log: Log
  /// Records from before the auditor was ready.
  private var waiting: [Record] = []
  private var lost: UInt32 = 0
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
  private var hasReported = false

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
    if channel?.offer(.record(record)) != nil { return }
    // Not even a channel any more, if the auditor was found gone by this.
    if channel == nil && waiting.count < AuditTrail.limit { waiting.append(record) } else { lost &+= 1 }
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
    (orders, isReady, closed) = (nil, false, done)
    if let auditor { auditor.endpoint.finish() } else { goOn() }
    loop.after(milliseconds: 300) { [unowned self] in goOn() }
  }

  private func goOn() {
    let done = closed
    closed = nil
    done?()
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
    child.endpoint.send(.auditStart(orders.start))
    for record in waiting { child.endpoint.offer(.record(record)) }
    (isReady, waiting) = (true, [])
  }

  func childEnded(_ reason: String) {
    (auditor, isReady) = (nil, false)
    if orders == nil { return goOn() }
    log(.error, "the auditor process \(reason); starting another")
    again("the auditor is gone")
  }

  func receive(_ packet: Packet) -> String? {
    guard case .auditStatus(let word) = packet.message else { return "not an auditor's message" }
    let error = Errno(Int32(word.errno))
    report(word.isWorking ? nil : error.number == EBUSY ? "another carpd writes this file" : "\(error)")
    (status, lastStatus) = (word, EventLoop.now())
    let count = lost
    lost = 0
    if count > 0 { self(.auditLoss, "records lost before they reached the auditor", .error, count: count) }
    return nil
  }

  /// An auditor that stands still says nothing of it.
  func watch(_ now: UInt64) {
    if status.isWorking && now > lastStatus + 3_000_000_000 { report("the auditor does not answer") }
  }

  private func report(_ failure: String?) {
    if let failure, status.isWorking || !hasReported {
      log(.warning, "the audit log cannot be written: \(failure); see [audit] in the configuration")
    } else if failure == nil, !status.isWorking {
      log(.notice, "the audit log is written")
    }
    (hasReported, status.isWorking) = (true, failure == nil)
  }
}

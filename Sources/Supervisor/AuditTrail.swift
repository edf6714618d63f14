import CLinux
import Channel
import Confinement
import Glibc
import Linux

/// Hands every privileged act to the auditor. It never waits: what the auditor cannot take is kept up to a limit, then
/// counted as lost, and whether acquisitions go on meanwhile is the configuration's choice.
final class AuditTrail {
  /// Records kept while no auditor takes them.
  static let limit = 4096

  private let loop: EventLoop
  private let log: Log
  /// Records from before the auditor was ready.
  private var waiting: [Record] = []
  private var lost: UInt32 = 0
  private var auditor: ChildProcess?
  private var isReady = false
  /// The auditor's, while it takes records.
  private var channel: Endpoint? { isReady && auditor?.isEnded == false ? auditor?.endpoint : nil }
  private var restart: (() -> Void)?
  private var order: AuditStart?
  /// The auditor's last word. It does not work from the moment it says it cannot write, is gone, or has not been heard
  /// for three seconds.
  private(set) var status = AuditStatus()
  private var lastStatus: UInt64 = 0
  private var hasReported = false

  init(_ loop: EventLoop, _ log: Log) {
    self.loop = loop
    self.log = log
  }

  /// Records one act. `start` is when it began, if its duration is worth telling.
  func callAsFunction(
    _ act: ActKind, _ object: String, _ decision: ActDecision = .allow, errno: Int32 = 0, since start: UInt64? = nil,
    origin: ActOrigin = .supervisor, cause: String = "", count: UInt32 = 1
  ) {
    var record = Record()
    record.act = act
    record.decision = decision == .allow && errno != 0 ? .error : decision
    record.origin = origin
    record.object = object
    record.cause = cause
    record.errno = UInt16(truncatingIfNeeded: errno)
    record.monotonic = EventLoop.now()
    record.wall = EventLoop.wallClock()
    record.duration = start.map { record.monotonic - $0 } ?? 0
    record.count = count
    if let channel, channel.queued < AuditTrail.limit {
      channel.send(.record(record))
    } else if channel == nil && waiting.count < AuditTrail.limit {
      waiting.append(record)
    } else {
      lost &+= 1
    }
  }

  /// Starts the auditor, and again whenever it ends; another one if a reload changed its orders.
  func start(_ children: Children, _ settings: Settings, key: [UInt8]) {
    var order = AuditStart()
    order.bootID = (try? readText("/proc/sys/kernel/random/boot_id")) ?? ""
    order.fileName = String(settings.auditLog.split(separator: "/").last ?? "audit.jsonl")
    order.key = key
    order.maxSize = settings.auditMaxSize
    order.keep = settings.auditKeep
    if order == self.order { return }
    self.order = order
    restart = { [unowned self, unowned children] in
      do throws(Errno) { try launch(children, Startup.directory(of: settings.auditLog), order) } catch {
        report("\(error)")
        again()
      }
    }
    guard let auditor else { return restart?() ?? () }
    // It writes what it has; its end starts the next one.
    isReady = false
    auditor.onEnd = { [unowned self] _ in
      self.auditor = nil
      restart?()
    }
    finish(auditor.endpoint)
  }

  private func again() { loop.after(milliseconds: 1000) { [weak self] in self?.restart?() } }

  /// Lets the auditor write what it has, and calls `done` once, at most 300 ms later.
  func close(_ done: @escaping () -> Void) {
    restart = nil
    guard let auditor else { return done() }
    var done: (() -> Void)? = done
    let once = {
      done?()
      done = nil
    }
    auditor.onEnd = { _ in once() }
    finish(auditor.endpoint)
    loop.after(milliseconds: 300, once)
  }

  /// End of file, behind everything that still waits to be sent.
  private func finish(_ endpoint: Endpoint) {
    if endpoint.queued == 0 { return endpoint.finish() }
    loop.after(milliseconds: 5) { [weak self] in self?.finish(endpoint) }
  }

  private func launch(_ children: Children, _ directory: String, _ order: AuditStart) throws(Errno) {
    let place = try openFile(directory, O_PATH | O_DIRECTORY)
    let journal = Log.connectedJournal()
    let child = try children.start(.auditor, extra: [place.raw] + (journal.map { [$0.raw] } ?? []))
    auditor = child
    child.onReady = { [unowned self, unowned child] in
      child.endpoint.send(.auditStart(order))
      for record in waiting { child.endpoint.send(.record(record)) }
      waiting = []
      isReady = true
    }
    child.onMessage = { [unowned self, unowned child, unowned children] packet in
      guard case .auditStatus(let word) = packet.message else {
        return children.violation(child, "not an auditor's message")
      }
      let error = Errno(Int32(word.errno))
      report(word.isWorking ? nil : error.number == EBUSY ? "another carpd writes this file" : "\(error)")
      status = word
      lastStatus = EventLoop.now()
      if lost > 0 && child.endpoint.queued == 0 {
        let count = lost
        lost = 0
        self(.auditLoss, "records lost before they reached the auditor", .error, count: count)
      }
    }
    child.onEnd = { [unowned self, unowned child] reason in
      lost &+= UInt32(clamping: child.endpoint.queued)
      auditor = nil
      isReady = false
      log(.error, "the auditor process \(reason); starting another")
      report("the auditor is gone")
      again()
    }
  }

  /// An auditor that stands still says nothing of it.
  func watch(_ now: UInt64) {
    if status.isWorking && now > lastStatus + 3_000_000_000 { report("the auditor does not answer") }
  }

  private func report(_ failure: String?) {
    if let failure {
      if status.isWorking || !hasReported {
        log(.warning, "the audit log cannot be written: \(failure); see [audit] in the configuration")
      }
    } else if !status.isWorking {
      log(.notice, "the audit log is written")
    }
    hasReported = true
    status.isWorking = failure == nil
  }
}

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
  private var waiting: [Record] = []
  private var lost: UInt32 = 0
  private var auditor: ChildProcess?
  private var isReady = false
  private var restart: (() -> Void)?
  /// False from the moment the auditor says it cannot write, is gone, or has not been heard for three seconds.
  private(set) var isWorking = false
  private var lastStatus: UInt64 = 0
  /// Number of the last record known to be in the file.
  private(set) var sequence: UInt64 = 0

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
    if isReady, waiting.isEmpty, let auditor, !auditor.isEnded, auditor.endpoint.queued < AuditTrail.limit {
      auditor.endpoint.send(.record(record))
    } else if waiting.count < AuditTrail.limit {
      waiting.append(record)
    } else {
      lost &+= 1
    }
  }

  /// Starts the auditor, and again whenever it ends.
  func start(_ children: Children, _ settings: Settings, key: [UInt8]) {
    restart = { [unowned self, unowned children] in
      do throws(Errno) { try launch(children, settings, key) } catch { report("\(error)") }
    }
    restart?()
  }

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

  private func launch(_ children: Children, _ settings: Settings, _ key: [UInt8]) throws(Errno) {
    let directory = Startup.directory(of: settings.auditLog)
    let place: FileDescriptor
    do throws(Errno) { place = try openFile(directory, O_PATH | O_DIRECTORY) } catch {
      report("\(error)")
      return again()
    }
    let journal = AuditTrail.journal()
    let child = try children.start(.auditor, extra: [place.raw] + (journal.map { [$0.raw] } ?? []))
    auditor = child
    child.onReady = { [unowned self, unowned child] in
      var order = AuditStart()
      order.bootID = (try? readText("/proc/sys/kernel/random/boot_id")) ?? ""
      order.fileName = String(settings.auditLog.split(separator: "/").last ?? "audit.jsonl")
      order.key = key
      order.maxSize = settings.auditMaxSize
      order.keep = settings.auditKeep
      child.endpoint.send(.auditStart(order))
      isReady = true
      flush()
    }
    child.onMessage = { [unowned self, unowned child, unowned children] packet in
      guard case .auditStatus(let status) = packet.message else {
        return children.violation(child, "not an auditor's message")
      }
      sequence = status.sequence
      lastStatus = EventLoop.now()
      let error = Errno(Int32(status.errno))
      report(status.isWorking ? nil : error.number == EBUSY ? "another carpd writes this file" : "\(error)")
      flush()
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

  private func again() { loop.after(milliseconds: 1000) { [weak self] in self?.restart?() } }

  private func flush() {
    guard isReady, let auditor else { return }
    let taken = waiting.prefix(max(0, AuditTrail.limit - auditor.endpoint.queued))
    for record in taken { auditor.endpoint.send(.record(record)) }
    waiting.removeFirst(taken.count)
    if lost > 0 && waiting.isEmpty {
      let count = lost
      lost = 0
      self(.auditLoss, "records lost before they reached the auditor", .error, count: count)
    }
  }

  /// An auditor that stands still says nothing of it.
  func watch(_ now: UInt64) {
    if isWorking && now > lastStatus + 3_000_000_000 { report("the auditor does not answer") }
  }

  private func report(_ failure: String?) {
    if (failure == nil) != isWorking || (failure != nil && !hasReported) {
      if let failure {
        log(.warning, "the audit log cannot be written: \(failure); see [audit] in the configuration")
      } else {
        log(.notice, "the audit log is written")
      }
      hasReported = true
    }
    isWorking = failure == nil
  }
  private var hasReported = false

  /// A socket to the journal, where there is one.
  private static func journal() -> FileDescriptor? {
    guard let socket = try? openSocket(AF_UNIX, Int32(SOCK_DGRAM.rawValue)) else { return nil }
    let path = socketAddress(path: "/run/systemd/journal/socket")
    return (try? connectSocket(socket.raw, to: path)) == nil ? nil : socket
  }
}

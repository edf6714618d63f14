import Channel
import Control
import Linux

/// Calls that only the supervisor can answer. One reload is asked for at a time, in the order of the calls: who calls after
/// the file was read wants it read again.
struct SupervisorCalls {
  /// How long the supervisor may take, in nanoseconds.
  static let patience: UInt64 = 30_000_000_000
  static let diagnosticLimit = 100

  /// Connections that wait for a reload; the first one's was asked for.
  var reloads: [Connection] = []
  /// By this request.
  var reloadRequest: UInt32?
  /// When, CLOCK_MONOTONIC in nanoseconds.
  var reloadAsked: UInt64 = 0
  /// What the supervisor has said about the file since the last result.
  var diagnostics: [DiagnosticReport] = []
  /// Connections that wait for the end of the audit log, and since when.
  var auditHeads: [(connection: UInt32, request: UInt32?, since: UInt64)] = []
}

extension Engine {
  func reload(for client: Connection) {
    calls.reloads.append(client)
    if calls.reloads.count == 1 { askForReload() }
  }

  private func askForReload() {
    while let first = calls.reloads.first, control?.has(first.connection) != true { calls.reloads.removeFirst() }
    guard let client = calls.reloads.first else { return }
    calls.reloadAsked = EventLoop.now()
    calls.diagnostics = []
    calls.reloadRequest = administered(.reload, by: client, allowed: true)
  }

  /// The supervisor passes on what is wrong with the file.
  func take(_ diagnostic: DiagnosticReport) {
    if calls.diagnostics.count < SupervisorCalls.diagnosticLimit { calls.diagnostics.append(diagnostic) }
  }

  /// A reload is over; one by signal answers nobody.
  func reloaded(for connection: UInt32, succeeded: Bool, generation: UInt32) {
    let diagnostics = calls.diagnostics
    calls.diagnostics = []
    if !succeeded {
      record(
        EventReport(.reload, reason: "configuration-refused", text: "carp: configuration \(generation) stays in force"))
    }
    guard connection == calls.reloads.first?.connection else { return }
    finishReload(
      succeeded
        ? .reply(ReloadReply(generation: Int(generation), diagnostics: diagnostics))
        : .failure(.invalidConfiguration(diagnostics)))
  }

  private func finishReload(_ answer: Answer) {
    guard !calls.reloads.isEmpty else { return }
    control?.answer(answer, to: calls.reloads.removeFirst().connection)
    askForReload()
  }

  func askForAuditHead(for client: Connection) {
    let request = administered(.auditHead, by: client, allowed: true)
    calls.auditHeads.append((client.connection, request, EventLoop.now()))
  }

  func tellAuditHead(_ status: AuditStatus, to connection: UInt32) {
    let digits = status.hash.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    let reply = AuditHeadReply(working: status.isWorking, sequence: Int(clamping: status.sequence), hash: digits)
    finishAuditHead(.reply(reply), for: connection)
  }

  private func finishAuditHead(_ answer: Answer, for connection: UInt32) {
    calls.auditHeads.removeAll { $0.connection == connection }
    control?.answer(answer, to: connection)
  }

  /// The supervisor does not do what was asked.
  func refused(_ request: UInt32, _ denial: Denial) {
    let answer = Answer.failure(
      denial == .rate
        ? .busy : .notPossible(reason: "the supervisor refused (\(hyphenated("\(denial)"))); see the log of carpd"))
    if request == calls.reloadRequest { return finishReload(answer) }
    if let waiting = calls.auditHeads.first(where: { $0.request == request }) {
      finishAuditHead(answer, for: waiting.connection)
    }
  }

  /// Nobody waits for ever.
  func expireCalls(now: UInt64) {
    let late = Answer.failure(.notPossible(reason: "the supervisor gave no answer in time; see the log of carpd"))
    let limit = SupervisorCalls.patience
    if !calls.reloads.isEmpty, now - min(now, calls.reloadAsked) >= limit { finishReload(late) }
    for waiting in calls.auditHeads where now - min(now, waiting.since) >= limit {
      finishAuditHead(late, for: waiting.connection)
    }
  }
}

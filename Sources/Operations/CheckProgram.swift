public import Configuration
public import Control
import Glibc
public import Linux

/// `carpctl check`: runs checks, and demotes the machine while they fail. The demotions are held: they end with the
/// connection, so none outlives this process.
public final class CheckProgram {
  private final class Running {
    let check: CheckConfiguration.Check
    var state: CheckState
    var command: Command?
    /// The last line of the output of the run in hand.
    var lastLine = ""
    /// Why it fails.
    var reason = ""
    /// How the run before ended.
    var lastEnd: CommandEnd?
    init(_ check: CheckConfiguration.Check) {
      self.check = check
      state = CheckState(check)
    }
  }

  private let checks: [Running]
  private let environment: [String]
  private let loop: EventLoop
  private let link: DaemonLink
  private let path: String
  private let log: ProgramLog
  private let refused: (VarlinkError) -> Void
  private var lastLoss: LinkLoss?
  private var isEnding = false
  private var ended: () -> Void = {}

  /// - Parameters:
  ///   - path: of the control socket.
  ///   - environment: `NAME=VALUE`, for the commands.
  ///   - refused: is called when this user may not demote.
  public init(
    _ configuration: CheckConfiguration, path: String, environment: [String], loop: EventLoop, log: ProgramLog,
    refused: @escaping (VarlinkError) -> Void
  ) {
    checks = configuration.checks.map { Running($0) }
    self.environment = environment
    self.loop = loop
    self.path = path
    self.log = log
    self.refused = refused
    link = DaemonLink(path: path, loop: loop)
    link.onConnect = { [unowned self] in for check in checks { tell(check) } }
    link.onLoss = { [unowned self] loss in
      if lastLoss != loss { log(.warning, loss.text(path: path)) }
      lastLoss = loss
    }
  }

  /// Begins; the loop does the rest.
  public func start() {
    link.connect()
    for check in checks { run(check) }
  }

  /// Ends the checks that run, and then calls `ended`.
  public func end(_ ended: @escaping () -> Void) {
    isEnding = true
    self.ended = ended
    for check in checks { check.command?.stop() }
    endIfIdle()
  }

  private func endIfIdle() {
    if isEnding && checks.allSatisfy({ $0.command == nil }) { ended() }
  }

  private func run(_ running: Running) {
    guard !isEnding else { return }
    let check = running.check
    let began = EventLoop.now()
    running.lastLine = ""
    let finish = { [unowned self] (end: CommandEnd) in
      running.command = nil
      if !isEnding { take(end, running) }
      endIfIdle()
      // From start to start, but a check that is slower than its interval does not follow on itself without a pause.
      let due = began + UInt64(check.interval) * 1_000_000
      loop.at(max(due, EventLoop.now() + 100_000_000)) { [unowned self] in run(running) }
    }
    do throws(Errno) {
      running.command = try Command(
        check.command, environment: environment + ["CARP_CHECK=\(check.name)"], timeout: check.timeout, loop: loop,
        onLine: { [log] line in
          running.lastLine = line
          log(.info, "check \(check.name): \(line)")
        }, onEnd: finish)
    } catch {
      finish(.notStarted(error.number))
    }
  }

  private func take(_ end: CommandEnd, _ running: Running) {
    let check = running.check
    let hasChanged = running.state.take(end)
    let detail = running.lastLine.isEmpty ? "" : ": \(running.lastLine)"
    let isNew = end != running.lastEnd
    running.lastEnd = end
    guard hasChanged else {
      if case .exited = end { return }
      if isNew { log(.warning, "check \(check.name): \(end) (on-error is \(check.onError.rawValue))") }
      return
    }
    if running.state.isFailing == true {
      running.reason = String("check failed: \(end)\(detail)".prefix(200))
      log(.error, "check \(check.name) fails: \(end)\(detail); demoting by \(check.demotion)")
    } else {
      log(.notice, "check \(check.name) passes")
    }
    tell(running)
  }

  /// Makes the daemon's demotion of the check's name what it should be. What is not failing is undone also if it was not
  /// there: so it shows at the start, and not when a service breaks, whether this user may demote.
  private func tell(_ running: Running) {
    let check = running.check
    if running.state.isFailing == true {
      let request = DemoteRequest(name: check.name, value: check.demotion, reason: running.reason, hold: true)
      link.call(request) { [unowned self] in answered($0, running) }
    } else {
      link.call(UndemoteRequest(name: check.name)) { [unowned self] in answered($0, running) }
    }
  }

  private func answered(_ result: Result<DemotionReply, VarlinkError>, _ running: Running) {
    switch result {
    case .success, .failure(.noSuchDemotion):
      if lastLoss != nil { log(.notice, "connected to carpd at \(path)") }
      lastLoss = nil
    case .failure(let refusal):
      if case .notAuthorized = refusal { return refused(refusal) }
      log(.error, "carpd refused the demotion \(running.check.name): \(refusal); trying again")
      loop.after(milliseconds: 5_000) { [unowned self] in tell(running) }
    }
  }
}

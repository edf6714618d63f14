public import Configuration
import Control
import Glibc
public import Linux

/// `carpctl hook`: follows the daemon's events and runs the commands that match. It has no part in any election: the
/// daemon does not know what it does.
public final class HookProgram {
  /// Who ends what: rules of the configuration have their own numbers, targets are this one and go first.
  private static let targets = -1
  /// Milliseconds for systemctl, which does not wait for a job.
  private static let targetTimeout = 30_000

  private let configuration: HookConfiguration
  private let environment: [String]
  private let loop: EventLoop
  private let link: DaemonLink
  private let path: String
  private let log: ProgramLog
  private var follower = WatchFollower()
  private var queue: HookQueue
  private var commands: [Int: Command] = [:]
  private var nextCommand = 0
  private var lastLoss: LinkLoss?
  private var gone: Deadline?
  private var isEnding = false
  private var hasAlignedTargets = false
  private var ended: () -> Void = {}

  /// - Parameters:
  ///   - path: of the control socket.
  ///   - environment: `NAME=VALUE`, for the commands.
  public init(
    _ configuration: HookConfiguration, path: String, environment: [String], loop: EventLoop, log: ProgramLog
  ) {
    self.configuration = configuration
    self.environment = environment
    self.loop = loop
    self.path = path
    self.log = log
    queue = HookQueue(limit: configuration.jobs)
    link = DaemonLink(path: path, loop: loop)
    link.onConnect = { [unowned self] in connected() }
    link.onLoss = { [unowned self] in lost($0) }
  }

  /// Begins; the loop does the rest.
  public func start() { link.connect() }

  /// Ends the commands that run, and then calls `ended`. Targets stay as they are.
  public func end(_ ended: @escaping () -> Void) {
    isEnding = true
    self.ended = ended
    for command in commands.values { command.stop() }
    if commands.isEmpty { ended() }
  }

  private func connected() {
    gone?.cancel()
    gone = nil
    link.call(WatchRequest()) { [unowned self] result in
      switch result {
      case .success(let reply): take(reply)
      case .failure(let refusal): link.giveUp(refusal)
      }
    }
  }

  private func take(_ reply: WatchReply) {
    if lastLoss != nil, reply.snapshot != nil {
      lastLoss = nil
      log(.notice, "following carpd at \(path)")
    }
    switch follower.receive(reply) {
    case .occurrences(let occurrences):
      if configuration.targets, !hasAlignedTargets { stopForeignTargets() }
      for occurrence in occurrences { add(occurrence) }
      startJobs()
    case .needsSnapshot:
      log(.warning, "events were missed; asking carpd for what is so now")
      link.reconnect()
    }
  }

  private func lost(_ loss: LinkLoss) {
    if lastLoss != loss { log(.warning, loss.text(path: path)) }
    lastLoss = loss
    guard gone == nil else { return }
    gone = loop.after(milliseconds: UInt64(configuration.goneAfter)) { [unowned self] in
      let occurrences = follower.daemonIsGone(time: timestamp(nanoseconds: EventLoop.wallClock()))
      if !occurrences.isEmpty { log(.warning, "carpd is gone; nothing is MASTER here") }
      for occurrence in occurrences { add(occurrence) }
      startJobs()
    }
  }

  private func add(_ occurrence: Occurrence) {
    let isTarget = configuration.targets && occurrence.event.kind == .transition && occurrence.host != nil
    let matching = configuration.rules.indices.filter { configuration.rules[$0].matches(occurrence) }
    queue.add(occurrence, rules: (isTarget ? [Self.targets] : []) + matching)
  }

  private func startJobs() {
    while !isEnding, let job = queue.next() { run(job) }
  }

  private func run(_ job: HookQueue.Job) {
    let isTarget = job.rule == Self.targets
    let command = isTarget ? targetCommand(job) : configuration.rules[job.rule].command
    let timeout = isTarget ? Self.targetTimeout : configuration.rules[job.rule].timeout
    let event = job.occurrence.event
    let place = job.occurrence.host.map { "\($0) " } ?? ""
    let name = "\(place)\(event.kind == .transition ? event.to ?? "" : event.kind.rawValue): \(command.first ?? "")"
    let skipped = job.skipped == 0 ? "" : " (\(job.skipped) earlier ones skipped)"
    log(.info, "\(name): started\(skipped)")
    let began = EventLoop.now()
    let environment = HookEnvironment.of(job, base: environment)
    let onLine = { [log] (line: String) in log(.info, "\(name): \(line)") }
    start(command, environment, timeout, onLine) { [unowned self] end in
      if end != .exited(0) {
        let took = durationText(milliseconds: Int((EventLoop.now() - began) / 1_000_000))
        let text = end == .timedOut ? "did not end within its timeout and was killed" : "\(end)"
        log(.error, "\(name): \(text) (\(took))")
        if isTarget { retryTarget(job) }
      }
      queue.finished(job)
      startJobs()
    }
  }

  private func start(
    _ command: [String], _ environment: [String], _ timeout: Int, _ onLine: @escaping (String) -> Void,
    _ onEnd: @escaping (CommandEnd) -> Void
  ) {
    let number = nextCommand
    nextCommand += 1
    let finish = { [unowned self] (end: CommandEnd) in
      commands[number] = nil
      onEnd(end)
      if isEnding && commands.isEmpty { ended() }
    }
    do throws(Errno) {
      commands[number] = try Command(
        command, environment: environment, timeout: timeout, loop: loop, onLine: onLine, onEnd: finish)
    } catch {
      // Not at once: what failed for lack of processes would fail again.
      loop.after(milliseconds: 1_000) { finish(.notStarted(error.number)) }
    }
  }

  // Targets

  private func targetCommand(_ job: HookQueue.Job) -> [String] {
    let unit = job.occurrence.host.map { TargetUnit.name(of: $0) } ?? ""
    return ["systemctl", "--no-block", job.occurrence.event.to == "MASTER" ? "start" : "stop", unit]
  }

  /// The target must follow the state in the end: again in a while, if it still is so.
  private func retryTarget(_ job: HookQueue.Job) {
    loop.after(milliseconds: 5_000) { [unowned self] in
      guard !isEnding, let host = job.occurrence.host, follower.states[host] == job.occurrence.event.to else { return }
      queue.add(job.occurrence, rules: [Self.targets])
      startJobs()
    }
  }

  /// Stops the targets of virtual hosts that are no longer there; those that are there follow their states.
  private func stopForeignTargets() {
    hasAlignedTargets = true
    let list = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--full", "\(TargetUnit.prefix)*.target"]
    var units: [String] = []
    let onLine = { (line: String) in units.append(String(line.prefix { $0 != " " })) }
    start(list, environment, Self.targetTimeout, onLine) { [unowned self] end in
      guard end == .exited(0), !isEnding else { return }
      let foreign = units.filter { unit in TargetUnit.host(of: unit).map { follower.states[$0] == nil } ?? false }
      guard !foreign.isEmpty else { return }
      log(.notice, "stopping \(foreign.joined(separator: " ")), as carpd has no such virtual host")
      let stop = ["systemctl", "--no-block", "stop"] + foreign
      let onLine = { [log] (line: String) in log(.info, line) }
      start(stop, environment, Self.targetTimeout, onLine) { [log] end in
        if end != .exited(0) { log(.error, "systemctl: \(end)") }
      }
    }
  }
}

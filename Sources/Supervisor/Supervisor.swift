import Channel
import Confinement

/// The privileged parent: owns policy, sockets, addresses and leases; starts, feeds and replaces the others.
public final class Supervisor {
  let options: Options
  let log: Log
  let loop = EventLoop()
  let keeper: AddressKeeper
  let transmitter: Transmitter
  private let signals: FileDescriptor
  let monitor: NetlinkSocket
  let children: Children
  let control: ControlSocket
  let audit: AuditTrail
  let credentials: [String: [UInt8]]
  /// The file as whoever started this could open it.
  let configuration: FileDescriptor
  /// /etc/group, for the config role to look numbers up.
  let groups: FileDescriptor

  // Fixed by the policy in force.
  var policy: Policy?
  var interfaces: [Interface] = []
  var holdings: [Holding] = []
  /// Virtual hosts that a reload removed, for the moment until their last trace is gone.
  var retired: [Holding] = []
  /// Who waits for a reload; the first one's is under way. 0 stands for SIGHUP.
  var reloads: [UInt32] = []
  /// The kernel's links by number, as of its last word.
  var links: [Int32: KernelLink] = [:]

  // The engine in charge.
  var engine: ChildProcess?
  var enginePhase = EnginePhase.starting
  var lastRequest: UInt32 = 0
  let started = EventLoop.now()
  var lastHeartbeat: UInt64 = 0
  var engineLosses: [UInt64] = []
  var requests = TokenBucket()
  var notes = TokenBucket()

  var isStopping = false
  var isEnding = false
  private var exitCode: Int32 = 0
  private var lastTick = EventLoop.now()
  /// Five a second.
  private var ticks = 0

  /// Runs until stopped, and returns the exit code.
  public static func run(_ options: Options) -> Int32 {
    let log = Log(format: options.logFormat)
    do {
      let supervisor = try Supervisor(options, log)
      try supervisor.loop.run()
      return supervisor.exitCode
    } catch {
      let refusal = error as? Refusal
      log(.error, refusal?.text ?? "cannot start: \(error)")
      return refusal?.code ?? ExitCode.system
    }
  }

  private init(_ options: Options, _ log: Log) throws {
    (self.options, self.log) = (options, log)
    let identities = try Identities(options)
    if options.noUsers { log(.warning, "--no-users: all roles run as the same user; for test rigs only") }
    do throws(Errno) { configuration = try openFile(options.config, O_RDONLY | O_NOCTTY) } catch {
      throw Refusal(text: "cannot open \(options.config): \(error); name the file with --config", code: ExitCode.config)
    }
    groups = try openFile("/etc/group", O_RDONLY)
    signals = try signalDescriptor([SIGTERM, SIGINT, SIGHUP, SIGUSR2])
    audit = AuditTrail(loop, log)
    control = try ControlSocket(options, owner: identities.own, loop, audit)
    children = try Children(loop, log, options, identities, audit)
    // systemd's credentials are root's, to be read while this still may.
    credentials = Supervisor.readCredentials()
    // From here on nothing runs with more than the two network capabilities.
    try drop(to: identities.own, keeping: .supervisor)
    audit(.capabilityDrop, "supervisor uid \(identities.own.uid), CAP_NET_RAW and CAP_NET_ADMIN kept")
    if !options.check && !Capabilities.supervisor.allSatisfy(ProcessStatus.own.permits) {
      throw Refusal(text: "CAP_NET_RAW and CAP_NET_ADMIN are needed; run as root or as the service")
    }
    let landlock = landlockVersion()
    let offer = landlock == 0 ? "missing (capabilities and seccomp still hold)" : "version \(landlock)"
    if options.check { log.plain("this kernel: Landlock \(offer)") }
    try Startup.restrict(options)
    try filterSupervisor(options.fallback)
    keeper = try AddressKeeper(loop, log, audit)
    monitor = try NetlinkSocket(groups: UInt32(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
    transmitter = try Transmitter()
    loop.watch(signals.raw) { [unowned self] _ in receiveSignal() }
    children.onLauncherReady = { [unowned self] in reload(for: 0) }
    children.onLauncherLost = { [unowned self] in
      if isStopping { return finish() }
      // Nothing can be replaced any more, but nothing is lost yet: the service manager starts the next carpd in time.
      log(.error, "the launcher is gone; leaving, so that the service can be started anew")
      exitCode = ExitCode.internal
      leave()
    }
    loop.after(milliseconds: 5000) { [unowned self] in
      if policy != nil || isStopping { return }
      fail(ExitCode.internal, "no policy after five seconds: the launcher or the config process hangs")
    }
  }

  /// The engine runs and has its configuration: the service is up.
  func becomeReady() {
    if let engine, enginePhase == .running { control.serve(engine.endpoint) }
    Startup.notify("READY=1")
  }

  // MARK: - Time

  func tick() {
    let now = EventLoop.now()
    let late = now - lastTick
    lastTick = now
    for holding in holdings where holding.isOurs && late > 200_000_000 + max(2 * holding.group.interval, 100_000_000) {
      holding.suspended = true
    }
    if late > 300_000_000 {
      // Whoever was stopped with this process needs a moment to be heard again.
      lastHeartbeat = now
      if holdings.contains(where: \.suspended) { reportStall(late / 1_000_000) }
    } else {
      audit.watch(now)
    }
    audit.sumUp()
    ticks += 1
    if ticks % 300 == 0 { countAdvertisements() }
    // For as long as there is no engine, deposited advertisements keep the backups quiet.
    for holding in holdings where holding.phase == .held && enginePhase == .starting {
      if now < holding.lastAdvertisement + holding.group.interval { continue }
      for family in holding.group.families { sendDeposit(holding, family, bowOut: false) }
    }
    if let engine, enginePhase == .running, now - lastHeartbeat > 1_000_000_000 {
      children.end(engine, "has not been heard for a second")
    }
    // The service manager's watchdog is fed while both this loop and the engine's turn.
    if ticks % 2 == 0 && now - lastHeartbeat < 1_000_000_000 {
      let status = "MASTER of \(holdings.filter(\.isOurs).count) of \(holdings.count) virtual hosts"
      Startup.notify("\(Startup.environment("WATCHDOG_USEC") == nil ? "" : "WATCHDOG=1\n")STATUS=\(status)")
    }
    if isStopping { return }
    loop.at(now + 200_000_000) { [unowned self] in tick() }
  }

  /// The loop slept: leases have run out or soon will, and another master may be there. Nothing is said until the
  /// engine has listened and asked anew.
  private func reportStall(_ milliseconds: UInt64) {
    log(.warning, "this process did not run for \(milliseconds) ms; listening before speaking")
    audit(.stall, "\(milliseconds) ms", origin: .kernel)
    tell(.stalled(milliseconds: UInt32(clamping: milliseconds)))
  }

  /// Advertisements are counted, not recorded one by one.
  func countAdvertisements() {
    for holding in holdings + retired where holding.advertised > 0 {
      audit(.advertisements, holding.name, origin: .engine, count: holding.advertised)
      holding.advertised = 0
    }
  }

  // MARK: - Stop

  private func receiveSignal() {
    switch nextSignal(signals.raw) {
    case nil: break
    case SIGHUP: reload(for: 0)
    case SIGUSR2: leave()
    default: stop()
    }
  }

  /// Bows out with the engine's help, but not longer than half a second.
  private func stop() {
    if isStopping { return }
    isStopping = true
    log(.notice, "stopping")
    Startup.notify("STOPPING=1")
    guard let engine, enginePhase == .running else { return finish() }
    enginePhase = .stopping
    engine.endpoint.send(.shutdown)
    loop.after(milliseconds: 500) { [unowned self] in finish() }
  }

  /// Ends for a reason, unless that was logged already; what is held is bowed out of.
  func fail(_ code: Int32, _ reason: String? = nil) {
    if let reason { log(.error, reason) }
    (exitCode, isStopping) = (code, true)
    finish()
  }

  /// Gives up what is still held, removes what was made, and puts back what was changed.
  func finish() {
    if isEnding { return }
    for holding in holdings + retired {
      if holding.isOurs { bowOut(holding, atOnce: true) }
      if holding.phase == .leaving { keeper.release(holding, atOnce: true) }
      keeper.remove(holding)
    }
    for interface in interfaces {
      interface.close()
      keeper.restoreARP(interface)
    }
    end("exit status \(exitCode)", .supervisor)
  }

  /// Planned restart: one more advertisement and a full lease; addresses and macvlans stay for the next carpd.
  private func leave() {
    if isStopping { return }
    isStopping = true
    for holding in holdings where holding.phase != .held { keeper.remove(holding) }
    for holding in holdings where holding.phase == .held {
      keeper.extend(holding.group.addresses, holding)
      for family in holding.group.families { sendDeposit(holding, family, bowOut: false) }
    }
    log(.notice, "leaving for a restart; the addresses stay for their lease")
    end("planned restart, addresses left for their lease", .administrator)
  }

  /// The audit log is written to its end, then the children go, then this process.
  private func end(_ how: String, _ origin: ActOrigin) {
    isEnding = true
    countAdvertisements()
    audit.sumUp()
    audit(.stop, how, origin: origin)
    control.remove()
    audit.close { [unowned self] in children.close { [unowned self] in loop.stop() } }
  }
}

import Channel

/// The engine's life: started, configured, fed, replaced.
extension Supervisor: ChildOwner {
  func startEngine() {
    enginePhase = .starting
    lastRequest = 0
    let failure = attempt { () throws(Errno) in engine = try children.start(.engine, for: self) }
    if let failure { childEnded("could not be started: \(failure)") }
  }

  /// Says something to an engine that can hear it.
  func tell(_ message: Message) {
    if enginePhase == .running { engine?.endpoint.send(message) }
  }

  /// Gives a proven engine all it needs, and the roles it has to go on with.
  func childIsReady(_ child: ChildProcess) {
    enginePhase = .running
    lastHeartbeat = EventLoop.now()
    sendPolicy()
    // What slept past its interval may be another machine's by now: it is not handed on.
    for holding in holdings where holding.suspended { release(holding) }
    for holding in holdings where holding.isOurs { tell(.role(group: holding.number, change: .held, address: 0xffff)) }
    for interface in interfaces {
      sendLink(interface)
      if interface.condition == .up { openSockets(interface) }
    }
    becomeReady()
  }

  /// Tells the engine the policy in force; it holds there from its commit on.
  func sendPolicy() {
    guard let policy else { return }
    var settings = policy.settings
    // Counted from the start of this process, however often the engine is replaced.
    settings.startHold -= min(settings.startHold, UInt32(clamping: (EventLoop.now() - started) / 1_000_000))
    tell(.settings(settings))
    for holding in holdings {
      for message in holding.group.messages(holding.number, holding.interface.number) { tell(message) }
    }
    for (number, name) in interfaces.map({ ($0.number, $0.name) }) {
      if let demotion = policy.tracks[name] { tell(.track(interface: number, name: name, demotion: demotion)) }
    }
    tell(.commit(groups: UInt16(holdings.count), generation: policy.generation))
  }

  /// Tells how an interface is, and where its advertisements come from.
  func sendLink(_ interface: Interface) {
    let sources = Family.allCases.map { family in
      interface.source(family, for: holdings(on: interface).flatMap { $0.group.peers(family) })
    }
    tell(.link(interface: interface.number, interface.condition, ipv4: sources[0], ipv6: sources[1]))
  }

  func openSockets(_ interface: Interface) {
    let groups = holdings(on: interface).map(\.group)
    if interface.received == groups.map(\.reception) { return }
    let object = "\(interface.name): raw 112, bound, joined, filter locked"
    audit(.socket, object, .intent)
    interface.open(groups, loop) { [unowned self] frame in
      if enginePhase == .running { engine?.endpoint.offer(.frame(frame)) }
    }
    audit(.socket, object, interface.condition == .up ? .allow : .error)
  }

  /// The engine is gone: a new one takes up its roles; meanwhile deposited advertisements keep the backups quiet.
  func childEnded(_ reason: String) {
    engine = nil
    enginePhase = .starting
    control.forgetAll()
    for holding in holdings { holding.pendingRequest = nil }
    if isStopping {
      // What is being left has a moment yet.
      loop.after(milliseconds: 2 * Supervisor.overlap) { [unowned self] in finish() }
      return
    }
    let now = EventLoop.now()
    engineLosses = engineLosses.filter { now - $0 < 5_000_000_000 } + [now]
    log(.error, "the engine process \(reason); starting another (\(engineLosses.count) of 5 losses within 5 s)")
    if engineLosses.count >= 5 {
      return fail(ExitCode.engineLost, "five engines lost within five seconds; giving everything up")
    }
    startEngine()
  }

  /// Spends one deposited advertisement.
  func sendDeposit(_ holding: Holding, _ family: Family, bowOut: Bool) {
    holding.lastAdvertisement = EventLoop.now()
    guard let spare = holding.spend(family, bowOut: bowOut) else { return }
    if !bowOut { keeper.renew(holding, family) }
    _ = holding.use(spare.counter)
    if (try? transmitter.advertise(spare, holding)) != nil { holding.advertised += 1 }
  }
}

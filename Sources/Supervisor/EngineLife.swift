import Channel
import Linux

/// The engine's life: started, configured, fed, replaced.
extension Supervisor {
  func startEngine() {
    enginePhase = .starting
    lastRequest = 0
    do throws(Errno) {
      let child = try children.start(.engine)
      engine = child
      child.onReady = { [unowned self, unowned child] in configure(child) }
      child.onMessage = { [unowned self, unowned child] packet in handle(packet, from: child) }
      child.onEnd = { [unowned self] reason in loseEngine(reason) }
    } catch {
      loseEngine("could not be started: \(error)")
    }
  }

  /// Gives a proven engine all it needs, and the roles it has to go on with.
  private func configure(_ child: ChildProcess) {
    enginePhase = .running
    lastHeartbeat = EventLoop.now()
    control.handOver = { [unowned child] connection, descriptor in
      (try? child.endpoint.send(.connection(connection), descriptors: [descriptor])) != nil
    }
    sendPolicy()
    // What slept past its interval may be another machine's by now: it is not handed on.
    for holding in holdings where holding.suspended { release(holding) }
    for holding in holdings where holding.isOurs { child.endpoint.send(.holdRole(group: UInt16(holding.number))) }
    for interface in interfaces {
      sendSources(interface)
      sendLink(interface)
      if interface.condition == .up { openSockets(interface) }
    }
    becomeReady()
  }

  /// Tells the engine the policy in force; it holds there from its commit on.
  func sendPolicy() {
    guard let policy, let channel = engine?.endpoint, enginePhase == .running else { return }
    var settings = policy.settings
    // Counted from the start of this process, however often the engine is replaced.
    settings.startHold -= min(settings.startHold, UInt32(clamping: (EventLoop.now() - started) / 1_000_000))
    channel.send(.settings(settings))
    for holding in holdings {
      let group = holding.group
      var host = VirtualHost()
      host.group = UInt16(holding.number)
      host.interface = UInt16(holding.interface.number)
      host.interfaceName = group.interface
      host.vhid = group.vhid
      host.advbase = group.advbase
      host.advskew = group.advskew
      host.preempt = group.preempt
      host.mac = group.mac
      host.secretKind = group.key.isEmpty ? .none : .key
      host.secret = group.key
      host.addresses = UInt16(group.addresses.count)
      host.peers = UInt16(group.peers.count)
      host.lease = UInt16(clamping: group.families.map { group.lease($0, every: group.interval) }.max() ?? 0)
      host.fate = group.fate
      channel.send(.virtualHost(host))
      for address in group.addressMessages(holding.number) { channel.send(address) }
    }
    for track in policy.tracks {
      guard let number = interfaces.first(where: { $0.name == track.name })?.number else { continue }
      channel.send(.track(interface: UInt16(number), name: track.name, demotion: track.demotion))
    }
    channel.send(.commit(groups: UInt16(holdings.count), generation: policy.generation))
  }

  func sendLink(_ interface: Interface) {
    guard enginePhase != .starting, let engine else { return }
    engine.endpoint.send(.link(interface: UInt16(interface.number), condition: interface.condition))
  }

  func sendSources(_ interface: Interface) {
    guard enginePhase != .starting, let engine else { return }
    let groups = holdings(on: interface).map(\.group)
    for family in Family.allCases {
      let peers = groups.flatMap { $0.peers(family) }
      let address = interface.source(family, linkLocal: peers.isEmpty || peers.contains { $0.isLinkLocal })
      engine.endpoint.send(.ownSource(interface: UInt16(interface.number), address: address))
    }
  }

  func openSockets(_ interface: Interface) {
    let groups = holdings(on: interface).map(\.group)
    if interface.serves(groups) { return }
    audit(.socket, "\(interface.name): raw 112, bound, joined, filter locked", .intent)
    interface.open(
      groups, { [unowned self] message in relay(message) },
      { [unowned self] vhid in
        for holding in holdings(on: interface) where holding.isOurs && holding.group.vhid == vhid {
          relay(.foreignFrame(group: UInt16(holding.number)))
        }
      })
    audit(
      .socket, "\(interface.name): raw 112, bound, joined, filter locked", interface.condition == .up ? .allow : .error)
  }

  /// What is stale when late is dropped if the engine does not keep up.
  private func relay(_ message: Message) {
    if enginePhase == .running { engine?.endpoint.send(message, droppable: true) }
  }

  /// The loop slept: leases have run out or soon will, and another master may be there. Nothing is said until the
  /// engine has listened and asked anew.
  func reportStall(_ nanoseconds: UInt64) {
    log(.warning, "this process did not run for \(nanoseconds / 1_000_000) ms; listening before speaking")
    audit(.stall, "\(nanoseconds / 1_000_000) ms", origin: .kernel)
    let milliseconds = UInt32(clamping: nanoseconds / 1_000_000)
    if enginePhase == .running { engine?.endpoint.send(.stalled(milliseconds: milliseconds)) }
  }

  /// The engine is gone: a new one takes up its roles; meanwhile deposited advertisements keep the backups quiet.
  private func loseEngine(_ reason: String) {
    engine = nil
    control.forgetAll()
    control.handOver = nil
    if isStopping {
      let wait = holdings.contains { $0.phase == .leaving } ? 2 * Supervisor.overlap : 0
      loop.after(milliseconds: wait) { [weak self] in self?.finish() }
      return
    }
    enginePhase = .starting
    let now = EventLoop.now()
    engineLosses = engineLosses.filter { now - $0 < 5_000_000_000 } + [now]
    log(.error, "the engine process \(reason); starting another (\(engineLosses.count) of 5 losses within 5 s)")
    if engineLosses.count >= 5 {
      log(.error, "five engines lost within five seconds; giving everything up")
      return fail(ExitCode.engineLost)
    }
    for holding in holdings where holding.phase == .held { bridge(holding) }
    startEngine()
  }

  /// Sends the next deposited advertisement when it is due, for as long as no engine does.
  private func bridge(_ holding: Holding) {
    if holding.isBridged { return }
    holding.isBridged = true
    loop.at(max(holding.lastAdvertisement + holding.group.interval, EventLoop.now())) { [unowned self] in
      holding.isBridged = false
      guard enginePhase == .starting, holding.phase == .held, !isStopping else { return }
      for family in holding.group.families { sendDeposit(holding, family, bowOut: false) }
      bridge(holding)
    }
  }

  /// Spends one deposited advertisement.
  func sendDeposit(_ holding: Holding, _ family: Family, bowOut: Bool) {
    holding.lastAdvertisement = EventLoop.now()
    guard let spare = holding.spend(family, bowOut: bowOut) else { return }
    if !bowOut { keeper.renew(holding, family) }
    _ = holding.use(spare.counter)
    if (try? transmitter.advertise(spare, holding.group, on: holding.interface)) != nil { holding.advertised += 1 }
  }
}

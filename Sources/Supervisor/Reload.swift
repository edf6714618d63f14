import Channel

/// A policy takes effect whole or not at all. The first one and, with each reload, the next one come from the file, never
/// from the engine.
extension Supervisor {
  /// Reads the file, for the administrator on `connection`, or for SIGHUP if that is 0. One at a time, in order.
  func reload(for connection: UInt32) {
    // Who waits already will see what the file says then.
    if reloads.dropFirst().contains(connection) { return }
    reloads.append(connection)
    if reloads.count == 1 { startReload() }
  }

  private func startReload() {
    if reloads.isEmpty || isStopping { return }
    if policy != nil {
      log(.notice, "reading \(options.config) anew")
      Startup.notify("RELOADING=1\nMONOTONIC_USEC=\(EventLoop.now() / 1000)")
    }
    let failure = attempt { () throws(Errno) in
      // By its name: an editor may have put another file in its place.
      let file = policy == nil ? configuration : try openFile(options.config, O_RDONLY | O_NOCTTY | O_NONBLOCK)
      _ = try ConfigurationLoad(file, for: self)
    }
    guard let failure else { return }
    report(.error, "cannot open \(options.config): \(failure); carpd's group must be able to read it (0640)")
    finishReload(nil)
  }

  /// Takes up what has become of the file: `new`, or nothing for reasons that were reported.
  func finishReload(_ new: Policy?) {
    let old = policy
    let failure = attempt { () throws(Errno) in if let new, !isStopping { try take(new) } }
    if let failure { report(.error, "the kernel does not tell its addresses: \(failure)") }
    if isStopping { return }
    guard let policy, engine != nil, let client = reloads.first else {
      return fail(policy == nil && !options.check ? ExitCode.config : 1)
    }
    if let old {
      let (generation, succeeded) = (policy.generation, policy.generation != old.generation)
      let who = client == 0 ? "SIGHUP" : control.name(client)
      audit(.reload, "generation \(generation)", succeeded ? .allow : .error, origin: .administrator, cause: who)
      log(succeeded ? .notice : .error, "configuration \(generation) \(succeeded ? "is" : "stays") in force")
      tell(.reloadResult(connection: client, succeeded: succeeded, generation: generation))
      becomeReady()
    }
    reloads.removeFirst()
    startReload()
  }

  /// Puts `new` in force if it can hold on this machine, and reports what is to be said of it.
  private func take(_ new: Policy) throws(Errno) {
    var new = new
    let directory = Startup.directory(of: new.settings.auditLog)
    let addresses = try keeper.addresses()
    let own = Set(addresses.filter { !$0.isOurs }.map(\.address))
    for group in new.groups {
      guard let shared = group.addresses.first(where: { own.contains($0.address) }) else { continue }
      let name = "\(shared.address) (vhid \(group.vhid))"
      return report(.error, "\(name) is this machine's own address already: remove it, carpd sets it")
    }
    if options.check {
      log.plain("the configuration is right")
      return fail(0)
    }
    guard let old = policy?.settings.auditLog else {
      children.seal(auditDirectory: directory)
      enforce(new)
      loop.watch(monitor.descriptor) { [unowned self] _ in receiveKernelEvents() }
      try readKernel()
      startEngine()
      return tick()
    }
    if directory != Startup.directory(of: old) {
      report(.warning, "the audit log moves to another directory with the next restart only")
      new.settings.auditLog = old
    }
    receiveKernelEvents()
    enforce(new)
    followLinks(addresses)
  }

  /// Logs what concerns the file as a whole, and tells it who asked.
  func report(_ level: LogLevel, _ text: String) {
    log(level, text)
    tell(.diagnostic(level: level, line: 1, column: 1, text: text))
  }

  /// Puts a policy in force. What continues keeps its state, and its number on the channel; the numbers of what ends are
  /// given to nobody yet, so that what the engine says before it knows names nothing else.
  func enforce(_ new: Policy) {
    let (old, known) = (holdings, interfaces)
    policy = new
    control.settings = new.settings
    audit(.policy, "generation \(new.generation), \(new.groups.count) virtual hosts", origin: .administrator)
    audit.start(children, new)
    // Enough of them, and none that is in use.
    let used = Set(known.map(\.number) + old.map(\.number))
    var numbers = (0..<UInt16(8 * Policy.maximumGroups)).filter { !used.contains($0) }
    interfaces = new.interfaces.map { name in
      known.first { $0.name == name } ?? Interface(name: name, number: numbers.removeLast())
    }
    for holding in old where !new.groups.contains(where: holding.group.continues) { retire(holding) }
    holdings = new.groups.compactMap { group in
      if let holding = old.first(where: { $0.group.continues(as: group) }) { return holding }
      guard let interface = interfaces.first(where: { $0.name == group.interfaceName }) else { return nil }
      let holding = Holding(number: numbers.removeFirst(), group, on: interface)
      // Begun anew under another MAC address: bowed out of as it was.
      holding.holdUntil = old.first { $0.name == holding.name }?.holdUntil ?? 0
      return holding
    }
    let renewed = zip(holdings, new.groups).filter { holding, group in
      let before = holding.group.addresses
      holding.change(to: group)
      if holding.phase == .idle || before == group.addresses { return false }
      keeper.drop(before, of: holding)
      return true
    }
    sendPolicy()
    for (holding, _) in renewed where holding.isOurs {
      startAcquiring(holding)
      if holding.isOurs { announce(holding) }
    }
  }

  /// A virtual host that is no longer configured: bowed out of, then its macvlan goes, and with the last one what was
  /// changed on the interface.
  private func retire(_ holding: Holding) {
    if holding.isOurs { bowOut(holding, atOnce: false) }
    retired.append(holding)
    loop.after(milliseconds: 2 * Supervisor.overlap) { [unowned self] in
      if isStopping { return }
      keeper.remove(holding)
      countAdvertisements()
      retired.removeAll { $0 === holding }
      if interfaces.contains(where: { $0 === holding.interface }) { return }
      holding.interface.close()
      keeper.restoreARP(holding.interface)
    }
  }
}

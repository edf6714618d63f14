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
    guard let connection = reloads.first, !isStopping else { return }
    if policy != nil {
      log(.notice, "reading \(options.config) anew")
      Startup.notify("RELOADING=1\nMONOTONIC_USEC=\(EventLoop.now() / 1000)")
    }
    do throws(Errno) {
      // By its name: an editor may have put another file in its place.
      let file = policy == nil ? configuration : try openFile(options.config, O_RDONLY | O_NOCTTY | O_NONBLOCK)
      let generation = (policy?.generation ?? 0) &+ 1
      _ = try ConfigurationLoad(file, groups, options, credentials, generation, children, log) { [unowned self] in
        finishReload($0, $1, for: connection)
      }
    } catch {
      let text = "cannot read \(options.config): \(error); it must be readable for the group of carpd's user (0640)"
      finishReload(nil, [finding(.error, text)], for: connection)
    }
  }

  private func finishReload(_ new: Policy?, _ findings: [Message], for connection: UInt32) {
    if isStopping { return }
    var findings = findings
    let old = policy
    let failure = attempt { () throws(Errno) in if let new { try take(new, &findings) } }
    if let failure { findings.append(finding(.error, "the kernel does not tell its addresses: \(failure)")) }
    if isStopping { return }
    if let old {
      let generation = policy?.generation ?? old.generation
      let succeeded = generation != old.generation
      let who = connection == 0 ? "SIGHUP" : control.name(connection)
      audit(.reload, "generation \(generation)", succeeded ? .allow : .error, origin: .administrator, cause: who)
      log(succeeded ? .notice : .error, "configuration \(generation) \(succeeded ? "is" : "stays") in force")
      for finding in findings { tell(finding) }
      tell(.reloadResult(connection: connection, succeeded: succeeded, generation: generation))
      becomeReady()
    } else if engine == nil {
      return fail(policy == nil && !options.check ? ExitCode.config : 1)
    }
    reloads.removeFirst()
    startReload()
  }

  /// Puts `new` in force if it can hold on this machine, and adds to `findings` what is to be said of it.
  private func take(_ new: Policy, _ findings: inout [Message]) throws(Errno) {
    var new = new
    let directory = Startup.directory(of: new.settings.auditLog)
    let addresses = try keeper.addresses()
    if let conflict = conflict(of: new, addresses) { return findings.append(finding(.error, conflict)) }
    if options.check {
      log.plain("the configuration is right")
      return fail(0)
    }
    guard let old = policy else {
      children.seal(auditDirectory: directory)
      enforce(new)
      loop.watch(monitor.descriptor) { [unowned self] _ in receiveKernelEvents() }
      try readKernel()
      startEngine()
      return tick()
    }
    if directory != Startup.directory(of: old.settings.auditLog) {
      findings.append(finding(.warning, "the audit log moves to another directory with the next restart only"))
      new.settings.auditLog = old.settings.auditLog
    }
    receiveKernelEvents()
    enforce(new)
    followLinks(addresses)
  }

  /// Logs what concerns the file as a whole, and makes a message of it.
  private func finding(_ level: LogLevel, _ text: String) -> Message {
    log(level, text)
    return .diagnostic(level: level, line: 1, column: 1, text: text)
  }

  /// Why a policy cannot hold on this machine: a shared address that is its own.
  func conflict(of policy: Policy, _ addresses: [KernelAddress]) -> String? {
    let own = Set(addresses.filter { !$0.isOurs }.map(\.address))
    for group in policy.groups {
      guard let shared = group.addresses.first(where: { own.contains($0.address) }) else { continue }
      return "\(shared.address) (vhid \(group.vhid)) is this machine's own address already: remove it, carpd sets it"
    }
    return nil
  }

  /// Puts a policy in force. What continues keeps its state, and its number on the channel; the numbers of what ends are
  /// given to nobody yet, so that what the engine says before it knows names nothing else.
  func enforce(_ new: Policy) {
    let (old, known) = (holdings, interfaces)
    policy = new
    control.settings = new.settings
    audit(.policy, "generation \(new.generation), \(new.groups.count) virtual hosts", origin: .administrator)
    audit.start(children, new)
    var interfaceNumbers = unused(known.map(\.number))
    interfaces = new.interfaces.map { name in
      known.first { $0.name == name } ?? Interface(name: name, number: interfaceNumbers.removeFirst(), loop: loop)
    }
    for holding in old where !new.groups.contains(where: holding.group.continues) { retire(holding) }
    var numbers = unused(old.map(\.number))
    holdings = new.groups.compactMap { group in
      if let holding = old.first(where: { $0.group.continues(as: group) }) { return holding }
      guard let interface = interfaces.first(where: { $0.name == group.interfaceName }) else { return nil }
      let holding = Holding(number: numbers.removeFirst(), group, on: interface)
      // Begun anew under another MAC address: bowed out of as it was.
      holding.holdUntil = old.first { $0.name == holding.name }?.holdUntil ?? 0
      return holding
    }
    var renewed: [Holding] = []
    for (holding, group) in zip(holdings, new.groups) where holding.group != group {
      let before = holding.group.addresses
      holding.change(to: group)
      if holding.phase == .idle || before == group.addresses { continue }
      keeper.drop(before, of: holding)
      renewed.append(holding)
    }
    sendPolicy()
    for holding in renewed where holding.isOurs {
      startAcquiring(holding)
      if holding.isOurs { announce(holding) }
    }
  }

  /// Enough numbers that `taken` does not hold.
  private func unused(_ taken: [UInt16]) -> [UInt16] {
    (0..<UInt16(taken.count + 2 * Policy.maximumGroups)).filter { !taken.contains($0) }
  }

  /// A virtual host that is no longer configured: bowed out of, then its macvlan goes, and with the last one what was
  /// changed on the interface.
  private func retire(_ holding: Holding) {
    if holding.isOurs { bowOut(holding, atOnce: false) }
    retired.append(holding)
    loop.after(milliseconds: 2 * Supervisor.overlap) { [unowned self] in
      if isStopping { return }
      keeper.remove(holding)
      retired.removeAll { $0 === holding }
      if interfaces.contains(where: { $0 === holding.interface }) { return }
      holding.interface.close()
      keeper.restoreARP(holding.interface)
    }
  }
}

import Channel

/// What the engine asks for, checked against the policy (`EngineRule.table`) and carried out.
extension Supervisor {
  /// Milliseconds between the last word of a master and the end of its addresses.
  static let overlap: UInt64 = 10

  func receive(_ packet: Packet) -> String? {
    let (type, now) = (packet.type, EventLoop.now())
    // What is done now could not be recorded any more.
    if isEnding { return nil }
    guard Int32(bitPattern: packet.id &- lastRequest) > 0 else { return "id \(packet.id) after \(lastRequest)" }
    lastRequest = packet.id
    guard let rules = EngineRule.table[type] else { return "\(type) is not the engine's to send" }
    if enginePhase == .starting { return "\(type) in the wrong phase" }
    guard requests.take(now, perSecond: 10_000, burst: 20_000) else { return "a flood of messages" }
    guard let group = packet.message.group else { return serve(packet, now) }
    let holding = holdings.first { $0.number == group }
    do throws(Denial) {
      guard let holding else { throw .noSuchObject }
      if rules.contains(.rate) && !holding.withinRate(now) { throw .rate }
      if rules.contains(.role) && !holding.isOurs { throw .notHeld }
      if rules.contains(.voice) && holding.suspended { throw .notHeld }
      switch packet.message {
      case .advertise(let request):
        let failure = try advertise(request, holding, now)
        if let failure { deny(packet, holding, .failed, failure.number) }
      case .deposit(let spare):
        guard holding.group.families.contains(spare.family) else { throw .noSuchObject }
        holding.keep(spare)
      case .acquire: try acquire(holding, packet.id, now)
      case .release: if holding.phase != .idle { release(holding) }
      case .bowOut: bowOut(holding, atOnce: false)
      default: announce(holding)
      }
    } catch {
      deny(packet, holding, error)
    }
    return nil
  }

  /// What names no virtual host.
  private func serve(_ packet: Packet, _ now: UInt64) -> String? {
    switch packet.message {
    case .note(let note) where notes.take(now, perSecond: 200, burst: 40):
      // Lines that are no such field could speak for the supervisor.
      let fields = note.fields.split(separator: "\n").filter { $0.hasPrefix("CARPD_") && $0.contains("=") }
      log(note.level, note.text, [Log.messageID(note.kind)] + fields.map(String.init))
    case .heartbeat: lastHeartbeat = now
    case .closed(let connection): control.closed(connection)
    case .administer: return administer(packet)
    default: break
    }
    return nil
  }

  /// What somebody at the control socket had done, wants done, or was refused.
  private func administer(_ packet: Packet) -> String? {
    guard case .administer(let act, let client, let group, let value, let allowed) = packet.message else { return nil }
    let object = "\(act)" + (holdings.first { $0.number == group }.map { " " + $0.name } ?? "")
    let who = control.name(client)
    if allowed && !control.isAdministrator(client) {
      if ![.reload, .setLogLevel, .auditHead].contains(act) { return "\(act) for a reader" }
      deny(packet, nil, .notAdministrator)
      return nil
    }
    audit.sparingly(.administration, object, allowed ? .allow : .deny, origin: .administrator, cause: who)
    switch act {
    case _ where !allowed: break
    case .reload: reload(for: client)
    case .setLogLevel: log.level = LogLevel(rawValue: UInt8(clamping: value)) ?? log.level
    case .auditHead: tell(.auditHead(connection: client, audit.status))
    default: break
    }
    return nil
  }

  private func deny(_ packet: Packet, _ holding: Holding?, _ denial: Denial, _ errno: Int32 = 0) {
    let what = "\(packet.type) \(holding?.name ?? "")"
    audit.sparingly(.denial, what, .deny, errno: errno, origin: .engine, cause: "\(denial)")
    answer(packet.id, packet.type, holding, denial, errno)
  }

  private func answer(_ id: UInt32, _ type: MessageType, _ holding: Holding?, _ denial: Denial, _ errno: Int32 = 0) {
    let errno = UInt16(truncatingIfNeeded: errno)
    // Also while it is told to stop: it waits for what it asked.
    engine?.endpoint.send(
      .result(request: id, type: type, group: holding?.number ?? 0xffff, denial: denial, errno: errno))
  }

  /// Returns why it could not be sent, nil if it could.
  private func advertise(_ request: Advertise, _ holding: Holding, _ now: UInt64) throws(Denial) -> Errno? {
    let group = holding.group
    guard group.families.contains(request.family) else { throw .noSuchObject }
    if request.advbase == 255 && request.advskew == 255 { throw .bowOutForbidden }
    let isBetter = (request.advbase, request.advskew) < (group.advbase, min(group.advskew, 240))
    if isBetter || request.demotion != 0 { throw .betterThanConfigured }
    // Slower than demotion makes it is a bow-out by another name: backups would take over while the address stays.
    if request.advbase != group.advbase || request.advskew > 240 { throw .bowOutForbidden }
    guard holding.use(request.counter) else { throw .repeatedCounter }
    holding.lastAdvertisement = now
    holding.interval = Lease.interval(request.advbase, request.advskew)
    // The lease begins no later than the other side's timer.
    keeper.renew(holding, request.family)
    return attempt { () throws(Errno) in
      try transmitter.advertise(request, holding)
      holding.advertised += 1
    }
  }

  private func acquire(_ holding: Holding, _ request: UInt32, _ now: UInt64) throws(Denial) {
    guard enginePhase == .running else { throw .wrongPhase }
    holding.suspended = false
    if case .acquiring = holding.phase {
      holding.pendingRequest = request
      return
    }
    if now < holding.holdUntil { throw .holdDown }
    if policy?.settings.auditFailureDenies == true && !audit.status.isWorking { throw .auditUnavailable }
    guard holding.interface.condition == .up, keeper.prepare(holding) else { throw .linkDown }
    audit(.acquire, holding.name, origin: .engine)
    holding.pendingRequest = request
    startAcquiring(holding)
  }

  /// Sets the addresses, or those that are missing.
  func startAcquiring(_ holding: Holding) {
    (holding.phase, holding.renewal) = (.acquiring(0), [:])
    continueAcquiring(holding)
  }

  /// Sets the next addresses and announces them at once; the loop turns between two chunks.
  private func continueAcquiring(_ holding: Holding) {
    guard case .acquiring(let first) = holding.phase else { return }
    let request = holding.pendingRequest
    let failure = attempt { () throws(Errno) in try keeper.acquireChunk(holding, from: first) }
    if let failure {
      log(.error, "\(holding.name): an address could not be set: \(failure)")
      keeper.release(holding)
      // Nobody asked: it had the role, and is told that it is gone.
      if request == nil { tell(.role(group: holding.number, change: .lost, address: 0xffff)) }
    } else if first > 0 {
      // The first ones are announced behind the advertisement, when the engine asks: an announcement ahead of it would
      // only make the old master answer back.
      announce(holding, from: first)
    }
    if case .acquiring = holding.phase {
      loop.after(milliseconds: 0) { [weak self] in self?.continueAcquiring(holding) }
      return
    }
    if let request {
      answer(request, .acquire, holding, failure == nil ? .none : .failed, failure?.number ?? 0)
    }
    holding.pendingRequest = nil
  }

  func release(_ holding: Holding) {
    audit(.release, holding.name, origin: .engine)
    keeper.release(holding)
  }

  /// One act: the last word (255/255) out, link down, addresses gone, and no way back for a while; otherwise a bad engine
  /// could bow out, keep the addresses and make two owners.
  ///
  /// With a virtual MAC the next master may come up first (it answers with the same MAC address), so that nobody waits
  /// for this one to be gone: taking a macvlan down costs the kernel 10 ms or more.
  func bowOut(_ holding: Holding, atOnce: Bool) {
    audit(.bowOut, holding.name, origin: .engine)
    for family in holding.group.families { sendDeposit(holding, family, bowOut: true) }
    holding.holdUntil = EventLoop.now() + holding.group.masterDown
    if atOnce || holding.group.mac == .interface || holding.phase != .held {
      return keeper.release(holding, atOnce: atOnce)
    }
    (holding.phase, holding.pendingRequest) = (.leaving, nil)
    loop.after(milliseconds: Supervisor.overlap) { [unowned self] in
      if holding.phase == .leaving { keeper.release(holding) }
    }
  }

  /// Announces the addresses that are set, all or from an index on; a round of all ends where the next one begins.
  func announce(_ holding: Holding, from first: Int = 0) {
    if first == 0 {
      audit(.announcement, holding.name, origin: .engine)
      holding.round += 1
    }
    let (group, round) = (holding.group, holding.round)
    // Those still to be set are announced as they are.
    var limit = group.addresses.count
    if case .acquiring(let next) = holding.phase { limit = next }
    let router = group.families.contains(.ipv6) && holding.interface.isRouter
    loop.inPieces(group.addresses.prefix(limit).dropFirst(first), of: 2 * AddressKeeper.chunk) { [unowned self] piece in
      guard holding.round == round else { return false }
      for shared in piece { try? transmitter.announce(shared.address, holding, router: router) }
      return true
    }
  }
}

import Channel
import Glibc
import Linux

/// What the engine asks for, checked against the policy (`EngineRule.table`) and carried out.
extension Supervisor {
  /// Milliseconds between the last word of a master and the end of its addresses.
  static let overlap: UInt64 = 10

  /// A request that is well formed and against the policy.
  private struct Refused: Error {
    let denial: Denial
    var errno: Int32 = 0
    init(_ denial: Denial) { self.denial = denial }
    init(_ error: Errno) { (denial, errno) = (.failed, error.number) }
  }

  func handle(_ packet: Packet, from child: ChildProcess) {
    let (type, now) = (packet.type, EventLoop.now())
    guard packet.id > lastRequest else { return children.violation(child, "id \(packet.id) after \(lastRequest)") }
    lastRequest = packet.id
    guard let rule = EngineRule.table[type] else {
      return children.violation(child, "\(type) is not the engine's to send")
    }
    guard rule.phases.contains(enginePhase) else { return children.violation(child, "\(type) in the wrong phase") }
    guard requests.take(now, perSecond: 10_000, burst: 20_000) else {
      return children.violation(child, "a flood of messages")
    }
    guard let group = packet.message.group else { return serve(packet, child, now) }
    guard let holding = holdings.first(where: { $0.number == group }) else { return deny(packet, nil, .noSuchObject) }
    do throws(Refused) {
      if rule.isRated && !holding.withinRate(now) { throw Refused(.rate) }
      if rule.needsRole && !holding.isOurs { throw Refused(.notHeld) }
      switch packet.message {
      case .advertise(let request): try advertise(request, holding, now)
      case .deposit(let spare):
        guard holding.group.families.contains(spare.family) else { throw Refused(.noSuchObject) }
        holding.keep(spare)
      case .acquire: try acquire(holding, packet.id, now)
      case .release: if holding.phase != .idle { release(holding) }
      case .bowOut: bowOut(holding, atOnce: false)
      default: announce(holding)
      }
    } catch {
      deny(packet, holding, error.denial, errno: error.errno)
    }
  }

  /// What names no virtual host.
  private func serve(_ packet: Packet, _ child: ChildProcess, _ now: UInt64) {
    switch packet.message {
    case .note(let note): write(note, now)
    case .heartbeat: lastHeartbeat = now
    case .closed(let connection): control.closed(connection)
    case .administered(let connection, let act, let group, let allowed):
      if allowed && !control.isAdministrator(connection) { return children.violation(child, "\(act) for a reader") }
      record(act, connection, group, allowed)
    case .requestReload(let connection), .setLogLevel(let connection, _), .requestAuditHead(let connection):
      guard control.isAdministrator(connection) else { return deny(packet, nil, .notAdministrator) }
      switch packet.message {
      case .setLogLevel(_, let level): log.level = level
      case .requestAuditHead: child.endpoint.send(.auditHead(connection: connection, audit.status))
      default: reload(for: connection)
      }
    default: break
    }
  }

  /// What somebody at the control socket had done, or was refused.
  private func record(_ act: ControlAct, _ connection: UInt32, _ group: UInt16, _ allowed: Bool) {
    let object = act.name + (holdings.first { $0.number == group }.map { " " + $0.name } ?? "")
    let who = control.name(connection)
    if !allowed { return recordRefusal(.administration, object, .administrator, who) }
    audit(.administration, object, origin: .administrator, cause: who)
  }

  private func deny(_ packet: Packet, _ holding: Holding?, _ denial: Denial, errno: Int32 = 0) {
    recordRefusal(.denial, "\(packet.type) \(holding?.name ?? "")", .engine, "\(denial)", errno: errno)
    answer(packet.id, packet.type, holding, denial, errno)
  }

  /// Beyond fifty in a fifth of a second they are counted: a flood of them must not push other records out.
  private func recordRefusal(
    _ act: ActKind, _ object: String, _ origin: ActOrigin, _ cause: String, errno: Int32 = 0
  ) {
    if denials.take(EventLoop.now(), perSecond: 250, burst: 50) {
      audit(act, object, .deny, errno: errno, origin: origin, cause: cause)
    } else {
      unrecordedDenials += 1
    }
  }

  private func answer(_ id: UInt32, _ type: MessageType, _ holding: Holding?, _ denial: Denial, _ errno: Int32 = 0) {
    let group = UInt16(truncatingIfNeeded: holding?.number ?? 0xffff)
    engine?.endpoint.send(
      .result(request: id, type: type, group: group, denial: denial, errno: UInt16(truncatingIfNeeded: errno)))
  }

  private func advertise(_ request: Advertise, _ holding: Holding, _ now: UInt64) throws(Refused) {
    let group = holding.group
    if holding.suspended { throw Refused(.notHeld) }
    guard group.families.contains(request.family) else { throw Refused(.noSuchObject) }
    if request.advbase == 255 && request.advskew == 255 { throw Refused(.bowOutForbidden) }
    let isBetter = (request.advbase, request.advskew) < (group.advbase, min(group.advskew, 240))
    if isBetter || request.demotion != 0 { throw Refused(.betterThanConfigured) }
    // Slower than demotion makes it is a bow-out by another name: backups would take over while the address stays.
    if request.advbase != group.advbase || request.advskew > 240 { throw Refused(.bowOutForbidden) }
    guard holding.use(request.counter) else { throw Refused(.repeatedCounter) }
    holding.lastAdvertisement = now
    holding.interval = PolicyGroup.interval(request.advbase, request.advskew)
    // The lease begins no later than the other side's timer.
    keeper.renew(holding, request.family)
    do throws(Errno) {
      try transmitter.advertise(request, group, on: holding.interface)
      holding.advertised += 1
      holding.isSendFailing = false
    } catch {
      if !holding.isSendFailing {
        let remedy = error.number == EADDRNOTAVAIL ? "; \(holding.interface.name) needs an IPv6 link-local address" : ""
        log(
          .error, "\(holding.name): advertisements by IPv\(request.family.rawValue) cannot be sent: \(error)\(remedy)")
      }
      holding.isSendFailing = true
      throw Refused(error)
    }
  }

  private func acquire(_ holding: Holding, _ request: UInt32, _ now: UInt64) throws(Refused) {
    guard enginePhase == .running else { throw Refused(.wrongPhase) }
    holding.suspended = false
    if holding.phase == .held { return answer(request, .acquire, holding, .none) }
    if case .acquiring = holding.phase { return }
    if now < holding.holdUntil { throw Refused(.holdDown) }
    if policy?.settings.auditFailureDenies == true && !audit.status.isWorking { throw Refused(.auditUnavailable) }
    guard holding.interface.condition == .up, keeper.prepare(holding) else { throw Refused(.linkDown) }
    audit(.acquire, holding.name, origin: .engine)
    holding.pendingRequest = request
    holding.phase = .acquiring(0)
    holding.renewal = [:]
    continueAcquiring(holding)
  }

  private func answerAcquisition(_ holding: Holding, _ denial: Denial, _ errno: Int32 = 0) {
    if let request = holding.pendingRequest { answer(request, .acquire, holding, denial, errno) }
    holding.pendingRequest = nil
  }

  /// Sets the next addresses and announces them at once; the loop turns between two chunks.
  func continueAcquiring(_ holding: Holding) {
    guard case .acquiring(let first) = holding.phase else { return }
    do throws(Errno) {
      try keeper.acquireChunk(holding)
    } catch {
      log(.error, "\(holding.name): an address could not be set: \(error)")
      keeper.release(holding)
      if holding.pendingRequest == nil { loseRole(holding) }
      return answerAcquisition(holding, .failed, error.number)
    }
    // The first ones are announced behind the advertisement, when the engine asks: an announcement ahead of it would
    // only make the old master answer back.
    if first > 0 { announce(holding, from: first) }
    if holding.phase == .held { return answerAcquisition(holding, .none) }
    loop.after(milliseconds: 0) { [weak self] in self?.continueAcquiring(holding) }
  }

  /// Tells the engine of a role it did not give up itself.
  func loseRole(_ holding: Holding) {
    if enginePhase == .running { engine?.endpoint.send(.addressLost(group: UInt16(holding.number), address: 0)) }
  }

  func release(_ holding: Holding) {
    audit(.release, holding.name, origin: .engine)
    keeper.release(holding)
    holding.pendingRequest = nil
  }

  /// One act: the last word (255/255) out, link down, addresses gone, and no way back for a while; otherwise a bad engine
  /// could bow out, keep the addresses and make two owners.
  ///
  /// With a virtual MAC the next master may come up first (it answers with the same MAC address), so that nobody waits
  /// for this one to be gone: taking a macvlan down costs the kernel 10 ms or more.
  func bowOut(_ holding: Holding, atOnce: Bool) {
    audit(.bowOut, holding.name, origin: .engine)
    for family in holding.group.families { sendDeposit(holding, family, bowOut: true) }
    holding.pendingRequest = nil
    if atOnce || holding.group.mac == .interface || holding.phase != .held {
      keeper.release(holding, atOnce: atOnce)
    } else {
      holding.phase = .leaving
      loop.after(milliseconds: Supervisor.overlap) { [weak self] in
        guard let self, holding.phase == .leaving else { return }
        self.keeper.release(holding)
      }
    }
    holding.holdUntil = EventLoop.now() + holding.group.masterDown
  }

  /// Announces the addresses that are set, chunk by chunk, all or from an index on; a round under way begins anew.
  func announce(_ holding: Holding, from first: Int = 0) {
    if first == 0 { audit(.announcement, holding.name, origin: .engine) }
    let underWay = holding.announcement
    holding.announcement = min(first, underWay ?? first)
    if underWay == nil { continueAnnouncing(holding) }
  }

  private func continueAnnouncing(_ holding: Holding) {
    guard let first = holding.announcement else { return }
    // Those still to be set are announced as they are.
    var limit = holding.group.addresses.count
    if case .acquiring(let next) = holding.phase { limit = next }
    let router = holding.group.families.contains(.ipv6) && holding.interface.isRouter
    let slice = holding.group.addresses.prefix(limit).dropFirst(first).prefix(2 * AddressKeeper.chunk)
    for shared in slice {
      try? transmitter.announce(shared.address, holding.group, on: holding.interface, router: router)
    }
    holding.announcement = slice.endIndex < limit ? slice.endIndex : nil
    if holding.announcement != nil { loop.after(milliseconds: 1) { [weak self] in self?.continueAnnouncing(holding) } }
  }

  // MARK: - Notes

  /// Puts one of the engine's notes into words: it chooses among these, it cannot write its own.
  private func write(_ note: Note, _ now: UInt64) {
    guard notes.take(now, perSecond: 200, burst: 40) else { return }
    let holding = holdings.first { $0.number == note.group }
    let interface = holding?.interface ?? interfaces.first { $0.number == note.interface }
    let name = interface?.name ?? "?"
    let place = holding.map { "VHID \($0.group.vhid)@\(name)" } ?? name
    let line = LogText.line(note, place: place)
    var fields = [Log.messageID(note.code.rawValue)]
    if interface != nil { fields.append("CARPD_INTERFACE=\(name)") }
    if let holding { fields.append("CARPD_VHID=\(holding.group.vhid)") }
    if note.code == .transition {
      fields += ["CARPD_STATE=\(LogText.state(note.a & 0xff))", "CARPD_REASON=\(LogText.slug(note.b))"]
    }
    log(line.level, line.text, fields)
  }
}

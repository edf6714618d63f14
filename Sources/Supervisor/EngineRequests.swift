import Channel
import Glibc
import Linux

/// What the engine asks for, checked against the policy (`EngineRule.table`) and carried out.
extension Supervisor {
  /// Milliseconds between the last word of a master and the end of its addresses.
  static let overlap: UInt64 = 10

  func handle(_ packet: Packet, from child: ChildProcess) {
    guard packet.id > lastRequest else { return children.violation(child, "id \(packet.id) after \(lastRequest)") }
    lastRequest = packet.id
    guard let rule = EngineRule.table[packet.type] else {
      return children.violation(child, "\(packet.type) is not the engine's to send")
    }
    guard rule.phases.contains(enginePhase) else {
      return children.violation(child, "\(packet.type) in the wrong phase")
    }
    let now = EventLoop.now()
    requestTokens = min(20_000, requestTokens + Double(now - requestsRefilled) / 1e9 * 10_000)
    requestsRefilled = now
    requestTokens -= 1
    if requestTokens < 0 { return children.violation(child, "a flood of messages") }
    switch packet.message {
    case .advertise(let request):
      with(request.group, packet, rule, now) { advertise(request, $0, packet, now) }
    case .deposit(let spare):
      with(spare.group, packet, rule, now) { holding in
        if holding.group.families.contains(spare.family) {
          holding.keep(spare)
        } else {
          deny(packet, holding, .noSuchObject)
        }
      }
    case .acquire(let group):
      with(group, packet, rule, now) { holding in
        if enginePhase == .running { acquire(holding, packet, now) } else { deny(packet, holding, .wrongPhase) }
      }
    case .release(let group): with(group, packet, rule, now) { if $0.phase != .idle { release($0) } }
    case .bowOut(let group):
      with(group, packet, rule, now) { if $0.isOurs { bowOut($0, atOnce: false) } else { deny(packet, $0, .notHeld) } }
    case .announce(let group):
      with(group, packet, rule, now) { if $0.isOurs { announce($0) } else { deny(packet, $0, .notHeld) } }
    case .note(let note): write(note)
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
    if !allowed { deniedLately += 1 }
    // As with `deny`: beyond fifty they are counted.
    if !allowed && deniedLately > 50 { return }
    let place = holdings.first { $0.number == group }.map { " " + $0.name } ?? ""
    audit(
      .administration, act.name + place, allowed ? .allow : .deny, origin: .administrator,
      cause: control.name(connection))
  }

  /// Finds the object the request names and checks the rate.
  private func with(_ group: UInt16, _ packet: Packet, _ rule: EngineRule, _ now: UInt64, _ act: (Holding) -> Void) {
    guard let holding = holdings.first(where: { $0.number == group }) else {
      return deny(packet, nil, .noSuchObject)
    }
    if rule.isRated && !holding.withinRate(now) { return deny(packet, holding, .rate) }
    act(holding)
  }

  private func deny(_ packet: Packet, _ holding: Holding?, _ denial: Denial, errno: Int32 = 0) {
    deniedLately += 1
    // Beyond fifty in a fifth of a second they are counted: a flood of them must not push other records out.
    if deniedLately <= 50 {
      let object = "\(packet.type) \(holding?.name ?? "")"
      audit(.denial, object, .deny, errno: errno, origin: .engine, cause: "\(denial)")
    }
    answer(packet.id, packet.type, holding, denial, errno)
  }

  private func answer(_ id: UInt32, _ type: MessageType, _ holding: Holding?, _ denial: Denial, _ errno: Int32 = 0) {
    let group = UInt16(truncatingIfNeeded: holding?.number ?? 0xffff)
    engine?.endpoint.send(
      .result(request: id, type: type, group: group, denial: denial, errno: UInt16(truncatingIfNeeded: errno)))
  }

  private func advertise(_ request: Advertise, _ holding: Holding, _ packet: Packet, _ now: UInt64) {
    let group = holding.group
    guard holding.isOurs, !holding.suspended else { return deny(packet, holding, .notHeld) }
    guard group.families.contains(request.family) else { return deny(packet, holding, .noSuchObject) }
    if request.advbase == 255 && request.advskew == 255 { return deny(packet, holding, .bowOutForbidden) }
    let isBetter = (request.advbase, request.advskew) < (group.advbase, min(group.advskew, 240))
    guard !isBetter, request.demotion == 0 else { return deny(packet, holding, .betterThanConfigured) }
    // Slower than demotion makes it is a bow-out by another name: backups would take over while the address stays.
    guard request.advbase == group.advbase, request.advskew <= 240 else {
      return deny(packet, holding, .bowOutForbidden)
    }
    guard holding.use(request.counter) else { return deny(packet, holding, .repeatedCounter) }
    let interface = holding.interface
    holding.lastAdvertisement = now
    holding.interval = UInt64(request.advbase) * 1_000_000_000 + UInt64(request.advskew) * 1_000_000_000 / 256
    // The lease begins no later than the other side's timer.
    keeper.renew(holding, request.family)
    do throws(Errno) {
      try transmitter.advertise(request, group, on: interface)
      holding.advertised += 1
      holding.isSendFailing = false
    } catch {
      if !holding.isSendFailing {
        let remedy = error.number == EADDRNOTAVAIL ? "; \(interface.name) needs an IPv6 link-local address" : ""
        log(
          .error, "\(holding.name): advertisements by IPv\(request.family.rawValue) cannot be sent: \(error)\(remedy)")
      }
      holding.isSendFailing = true
      deny(packet, holding, .failed, errno: error.number)
    }
  }

  private func acquire(_ holding: Holding, _ packet: Packet, _ now: UInt64) {
    holding.suspended = false
    if holding.phase == .held { return answer(packet.id, .acquire, holding, .none) }
    if case .acquiring = holding.phase { return }
    if now < holding.holdUntil { return deny(packet, holding, .holdDown) }
    if policy?.settings.auditFailureDenies == true && !audit.status.isWorking {
      return deny(packet, holding, .auditUnavailable)
    }
    guard holding.interface.condition == .up, keeper.prepare(holding) else {
      return deny(packet, holding, .linkDown)
    }
    audit(.acquire, holding.name, origin: .engine)
    holding.pendingRequest = packet.id
    holding.phase = .acquiring(0)
    holding.renewal = [:]
    continueAcquiring(holding)
  }

  /// Sets the next addresses and announces them at once; the loop turns between two chunks.
  func continueAcquiring(_ holding: Holding) {
    guard case .acquiring(let first) = holding.phase else { return }
    do throws(NetlinkError) {
      try keeper.acquireChunk(holding)
    } catch {
      log(.error, "\(holding.name): an address could not be set: \(error)")
      keeper.release(holding)
      if let request = holding.pendingRequest { answer(request, .acquire, holding, .failed, error.errno.number) }
      if holding.pendingRequest == nil { loseRole(holding) }
      holding.pendingRequest = nil
      return
    }
    let done = holding.phase == .held
    // The first ones are announced behind the advertisement, when the engine asks: an announcement ahead of it would
    // only make the old master answer back.
    if first > 0 { announce(holding, from: first, upTo: first + AddressKeeper.chunk) }
    if done {
      if let request = holding.pendingRequest { answer(request, .acquire, holding, .none) }
      holding.pendingRequest = nil
    } else {
      loop.after(milliseconds: 0) { [weak self] in self?.continueAcquiring(holding) }
    }
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

  /// Announces all addresses, chunk by chunk; a round under way begins anew.
  func announce(_ holding: Holding) {
    audit(.announcement, holding.name, origin: .engine)
    let isUnderWay = holding.announcement != nil
    holding.announcement = 0
    if !isUnderWay { continueAnnouncing(holding) }
  }

  private func continueAnnouncing(_ holding: Holding) {
    guard let first = holding.announcement else { return }
    // Those still to be set are announced as they are.
    var limit = holding.group.addresses.count
    if case .acquiring(let next) = holding.phase { limit = next }
    let end = min(first + 2 * AddressKeeper.chunk, limit)
    announce(holding, from: first, upTo: end)
    holding.announcement = end < limit ? end : nil
    if holding.announcement != nil { loop.after(milliseconds: 1) { [weak self] in self?.continueAnnouncing(holding) } }
  }

  private func announce(_ holding: Holding, from first: Int, upTo end: Int) {
    let router = holding.group.families.contains(.ipv6) && holding.interface.isRouter
    for shared in holding.group.addresses.dropFirst(first).prefix(max(0, end - first)) {
      try? transmitter.announce(shared.address, holding.group, on: holding.interface, router: router)
    }
  }

  // MARK: - Notes

  /// Puts one of the engine's notes into words: it chooses among these, it cannot write its own.
  private func write(_ note: Note) {
    notesLately += 1
    // The counter is set back five times a second.
    if notesLately > 40 { return }
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

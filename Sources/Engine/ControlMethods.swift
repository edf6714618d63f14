import Channel
import Control
import Election
import Linux

// carpd's own methods. Who may call what is decided here; the supervisor, which recorded who it is, gets to know of every
// administrator's act, allowed or refused.
extension Engine {
  /// Carries out a method for a client.
  func respond(to call: Call, _ method: ControlMethod, for client: Connection) -> ControlServer.Response {
    do throws(VarlinkError) {
      if method.isForAdministrators, client.access != .administer {
        administered(method, by: client, allowed: false)
        throw .notAuthorized(method: method.rawValue, uid: Int(client.uid))
      }
      return try carryOut(call, method, for: client)
    } catch {
      return .answer(.failure(error))
    }
  }

  private func carryOut(
    _ call: Call, _ method: ControlMethod, for client: Connection
  ) throws(VarlinkError) -> ControlServer.Response {
    switch method {
    case .show: return .answer(.reply(snapshot()))
    case .peers: return .answer(.reply(PeersReply(peers: peerStatus())))
    case .counters: return .answer(.reply(CountersReply(interfaces: interfaceStatus())))
    case .events: return .answer(.reply(events(since: try call.parameters(as: EventsRequest.self).since)))
    case .watch:
      guard call.wantsMore else { throw .expectedMore }
      return .stream(.reply(WatchReply(snapshot: snapshot())))
    case .demote: return .answer(.reply(try demote(try call.parameters(), for: client)))
    case .undemote: return .answer(.reply(try undemote(try call.parameters(), for: client)))
    case .maintenance: try maintain(try call.parameters(), for: client)
    case .promote:
      let request: PromoteRequest = try call.parameters()
      try force(.master, interface: request.interface, vhid: request.vhid, method, for: client)
    case .yield:
      let request: YieldRequest = try call.parameters()
      try force(.backup, interface: request.interface, vhid: request.vhid, method, for: client)
    case .reload:
      reload(for: client)
      return .later
    case .setLogLevel:
      let level = try call.parameters(as: SetLogLevelRequest.self).level
      administered(method, by: client, value: UInt32(Channel.LogLevel(level).rawValue), allowed: true)
      recordAdministration("log-level", "log level \(level.rawValue)", by: client)
    case .auditHead:
      askForAuditHead(for: client)
      return .later
    }
    return .answer(.reply(EmptyReply()))
  }

  /// Tells the supervisor what an administrator has done here, or wants of the supervisor, or what somebody else may not do.
  ///
  /// - Returns: the number of the request; nil for what everybody may do.
  @discardableResult
  func administered(
    _ method: ControlMethod, by client: Connection, to group: Group? = nil, value: UInt32 = 0, allowed: Bool
  ) -> UInt32? {
    guard let act = ControlAct(method) else { return nil }
    return channel.send(
      .administer(act, connection: client.connection, group: group?.index ?? .max, value: value, isAllowed: allowed))
  }

  private func events(since: Int) -> EventsReply {
    EventsReply(
      events: eventLog.events(since: since), first: eventLog.first, next: eventLog.last + 1, boot: eventLog.boot)
  }

  private func force(
    _ state: State, interface: String, vhid: Int, _ method: ControlMethod, for client: Connection
  ) throws(VarlinkError) {
    guard
      let group = groups.first(where: { $0.host.interfaceName == interface && Int($0.host.parameters.vhid) == vhid })
    else { throw .noSuchVirtualHost(interface: interface, vhid: vhid) }
    administered(method, by: client, to: group, allowed: true)
    if group.election.state == .initial {
      throw .notPossible(
        reason:
          "\(group.name) is INIT: \(interface) is \((group.interface.condition ?? .absent).word); it takes part once that is up"
      )
    }
    recordAdministration(
      state == .master ? "promote" : "yield", "\(group.name) told to be \(state)", by: client, to: group)
    post(.force(state), to: group)
    settle()
    rearm()
  }
}

extension ControlAct {
  /// Nil for what everybody may do.
  fileprivate init?(_ method: ControlMethod) {
    switch method {
    case .show, .peers, .counters, .events, .watch: return nil
    case .demote: self = .demote
    case .undemote: self = .undemote
    case .maintenance: self = .maintenance
    case .promote: self = .promote
    case .yield: self = .yield
    case .reload: self = .reload
    case .setLogLevel: self = .setLogLevel
    case .auditHead: self = .auditHead
    }
  }
}

extension Channel.LogLevel {
  fileprivate init(_ level: Control.LogLevel) {
    switch level {
    case .error: self = .error
    case .warning: self = .warning
    case .notice: self = .notice
    case .info: self = .info
    }
  }
}

/// A method of `io.carpd.Control` with its parameters, as a client sends it and the daemon receives it. What they mean
/// and their ranges are in the interface description.
public protocol ControlRequest: Codable, Equatable, Sendable {
  /// What it is answered with, if not with an error.
  associatedtype Reply: Codable, Sendable
  static var method: ControlMethod { get }
}

public struct ShowRequest: ControlRequest {
  public typealias Reply = ShowReply
  public static let method = ControlMethod.show
  public init() {}
}

public struct PeersRequest: ControlRequest {
  public typealias Reply = PeersReply
  public static let method = ControlMethod.peers
  public init() {}
}

public struct CountersRequest: ControlRequest {
  public typealias Reply = CountersReply
  public static let method = ControlMethod.counters
  public init() {}
}

public struct EventsRequest: ControlRequest {
  public typealias Reply = EventsReply
  public static let method = ControlMethod.events
  public var since: Int

  public init(since: Int = 0) { self.since = since }
}

/// Is answered with a stream.
public struct WatchRequest: ControlRequest {
  public typealias Reply = WatchReply
  public static let method = ControlMethod.watch
  public init() {}
}

public struct DemoteRequest: ControlRequest {
  public typealias Reply = DemotionReply
  public static let method = ControlMethod.demote
  public var name: String
  public var value: Int
  public var reason: String?
  public var seconds: Int?
  public var hold: Bool?

  public init(name: String, value: Int, reason: String? = nil, seconds: Int? = nil, hold: Bool? = nil) {
    self.name = name
    self.value = value
    self.reason = reason
    self.seconds = seconds
    self.hold = hold
  }
}

public struct UndemoteRequest: ControlRequest {
  public typealias Reply = DemotionReply
  public static let method = ControlMethod.undemote
  public var name: String

  public init(name: String) { self.name = name }
}

public struct MaintenanceRequest: ControlRequest {
  public typealias Reply = EmptyReply
  public static let method = ControlMethod.maintenance
  public var enable: Bool
  public var reason: String?

  public init(enable: Bool, reason: String? = nil) {
    self.enable = enable
    self.reason = reason
  }
}

public struct PromoteRequest: ControlRequest {
  public typealias Reply = EmptyReply
  public static let method = ControlMethod.promote
  public var interface: String
  public var vhid: Int

  public init(interface: String, vhid: Int) {
    self.interface = interface
    self.vhid = vhid
  }
}

public struct YieldRequest: ControlRequest {
  public typealias Reply = EmptyReply
  public static let method = ControlMethod.yield
  public var interface: String
  public var vhid: Int

  public init(interface: String, vhid: Int) {
    self.interface = interface
    self.vhid = vhid
  }
}

public struct ReloadRequest: ControlRequest {
  public typealias Reply = ReloadReply
  public static let method = ControlMethod.reload
  public init() {}
}

public struct SetLogLevelRequest: ControlRequest {
  public typealias Reply = EmptyReply
  public static let method = ControlMethod.setLogLevel
  public var level: LogLevel

  public init(level: LogLevel) { self.level = level }
}

public struct AuditHeadRequest: ControlRequest {
  public typealias Reply = AuditHeadReply
  public static let method = ControlMethod.auditHead
  public init() {}
}

/// From the most severe on.
public enum LogLevel: String, Codable, CaseIterable, Sendable {
  case error, warning, notice, info
}

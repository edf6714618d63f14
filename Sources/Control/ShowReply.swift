/// What `Show` answers with; the fields are described in the interface description.
public struct ShowReply: Codable, Equatable, Sendable {
  public var virtualHosts: [VirtualHostStatus]
  public var interfaces: [InterfaceStatus]
  public var daemon: DaemonStatus

  public init(virtualHosts: [VirtualHostStatus], interfaces: [InterfaceStatus], daemon: DaemonStatus) {
    self.virtualHosts = virtualHosts
    self.interfaces = interfaces
    self.daemon = daemon
  }

  enum CodingKeys: String, CodingKey {
    case virtualHosts = "virtual_hosts"
    case interfaces, daemon
  }
}

/// One virtual host: type `VirtualHost` of the interface.
public struct VirtualHostStatus: Codable, Equatable, Sendable {
  public var interface = ""
  /// 1...255.
  public var vhid = 0
  /// INIT, BACKUP or MASTER.
  public var state = ""
  /// Seconds, 0...255.
  public var advbase = 0
  /// As configured, 0...254, in 1/256 s.
  public var advskew = 0
  public var demotion = 0
  /// `ADDRESS/LENGTH`.
  public var addresses: [String] = []
  /// RFC 3339, UTC.
  public var since = ""
  public var reason = ""
  public var preempt = false
  /// `virtual` or `interface`.
  public var mac = ""
  public var peers: [String] = []
  public var peerMismatch = false
  public var master = ""
  /// `IPv4`, `IPv6`.
  public var silentFamilies: [String] = []
  /// Seconds.
  public var lease = 0
  public var transitions = 0
  /// RFC 3339, UTC; nil outside a transition from one configuration to the next.
  public var transitionUntil: String?
  /// The name of its [[group]].
  public var group: String?

  public init() {}

  enum CodingKeys: String, CodingKey {
    case interface, vhid, state, advbase, advskew, demotion, addresses, since, reason, preempt, mac, peers
    case peerMismatch = "peer_mismatch"
    case master
    case silentFamilies = "silent_families"
    case lease, transitions
    case transitionUntil = "transition_until"
    case group
  }
}

/// One interface: type `Interface`.
public struct InterfaceStatus: Codable, Equatable, Sendable {
  public var name = ""
  /// `absent`, `down`, `no-carrier`, `up` or `unusable`.
  public var state = ""
  public var source4 = ""
  public var source6 = ""
  public var counters = CounterValues()

  public init() {}
}

/// The counters of one interface, both families together where the name does not say one: type `CounterValues`.
public struct CounterValues: Codable, Equatable, Sendable {
  public var ipackets: UInt64 = 0
  public var ipackets6: UInt64 = 0
  public var badttl: UInt64 = 0
  public var hdrops: UInt64 = 0
  public var badsum: UInt64 = 0
  public var badver: UInt64 = 0
  public var badlen: UInt64 = 0
  public var badauth: UInt64 = 0
  public var badvhid: UInt64 = 0
  public var badif: UInt64 = 0
  public var opackets: UInt64 = 0
  public var opackets6: UInt64 = 0
  public var looped: UInt64 = 0
  public var overflow: UInt64 = 0

  public init() {}
}

/// The daemon: type `Daemon`.
public struct DaemonStatus: Codable, Equatable, Sendable {
  public var version = carpdVersion
  public var demotion = 0
  public var lateTimers: UInt64 = 0
  public var generation = 0
  public var demotions: [DemotionStatus] = []
  public var maintenance = false
  /// Which numbering of events `event` belongs to.
  public var boot = ""
  /// The number of the last event before this was made; 0 if there was none.
  public var event = 0

  public init() {}

  enum CodingKeys: String, CodingKey {
    case version, demotion
    case lateTimers = "late_timers"
    case generation, demotions, maintenance, boot, event
  }
}

// The replies but Show's; the fields are described in the interface description.

public struct PeersReply: Codable, Equatable, Sendable {
  public var peers: [PeerStatus]

  public init(peers: [PeerStatus]) { self.peers = peers }
}

public struct CountersReply: Codable, Equatable, Sendable {
  public var interfaces: [InterfaceStatus]

  public init(interfaces: [InterfaceStatus]) { self.interfaces = interfaces }
}

public struct EventsReply: Codable, Equatable, Sendable {
  public var events: [EventReport]
  public var first: Int
  public var next: Int
  public var boot: String

  public init(events: [EventReport], first: Int, next: Int, boot: String) {
    self.events = events
    self.first = first
    self.next = next
    self.boot = boot
  }
}

/// One message of the stream: exactly one of the three is there.
public struct WatchReply: Codable, Equatable, Sendable {
  public var snapshot: ShowReply?
  public var event: EventReport?
  public var missed: Int?

  public init(snapshot: ShowReply) { self.snapshot = snapshot }
  public init(event: EventReport) { self.event = event }
  public init(missed: Int) { self.missed = missed }
}

/// The sum of all demotions after a change.
public struct DemotionReply: Codable, Equatable, Sendable {
  public var demotion: Int

  public init(demotion: Int) { self.demotion = demotion }
}

public struct EmptyReply: Codable, Equatable, Sendable {
  public init() {}
}

public struct ReloadReply: Codable, Equatable, Sendable {
  public var generation: Int
  public var diagnostics: [DiagnosticReport]

  public init(generation: Int, diagnostics: [DiagnosticReport]) {
    self.generation = generation
    self.diagnostics = diagnostics
  }
}

public struct AuditHeadReply: Codable, Equatable, Sendable {
  public var working: Bool
  public var sequence: Int
  /// SHA-256, 64 hexadecimal digits.
  public var hash: String

  public init(working: Bool, sequence: Int, hash: String) {
    self.working = working
    self.sequence = sequence
    self.hash = hash
  }
}

/// Another machine on a vhid: type `Peer`.
public struct PeerStatus: Codable, Equatable, Sendable {
  public var interface = ""
  public var vhid = 0
  public var source = ""
  /// Seconds.
  public var advbase = 0
  /// As announced, 1/256 s.
  public var advskew = 0
  public var demotion = 0
  /// RFC 3339, UTC.
  public var lastSeen = ""
  public var verified = false
  public var master = false

  public init() {}

  enum CodingKeys: String, CodingKey {
    case interface, vhid, source, advbase, advskew, demotion
    case lastSeen = "last_seen"
    case verified, master
  }
}

/// One demotion by name: type `Demotion`.
public struct DemotionStatus: Codable, Equatable, Sendable {
  public var name: String
  /// `carpd` or `uid N`.
  public var owner: String
  public var value: Int
  public var reason: String
  /// RFC 3339, UTC.
  public var since: String
  /// RFC 3339, UTC.
  public var expires: String?
  public var held: Bool

  public init(
    name: String, owner: String, value: Int, reason: String, since: String, expires: String? = nil, held: Bool
  ) {
    self.name = name
    self.owner = owner
    self.value = value
    self.reason = reason
    self.since = since
    self.expires = expires
    self.held = held
  }
}

/// What is wrong with the configuration: type `Diagnostic`.
public struct DiagnosticReport: Codable, Equatable, Sendable {
  public enum Severity: String, Codable, Sendable {
    case error, warning
  }

  public var severity: Severity
  public var file: String
  /// From 1; 0 if it is about the whole file.
  public var line: Int
  public var column: Int
  public var message: String

  public init(severity: Severity, file: String, line: Int, column: Int, message: String) {
    self.severity = severity
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }
}

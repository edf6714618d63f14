/// What kind of thing happened.
public enum EventKind: String, Codable, CaseIterable, Sendable {
  case transition, demotion, conflict, mismatch, silence, link, reload, administration
}

/// Something that happened: type `Event`.
public struct EventReport: Codable, Equatable, Sendable {
  /// From 1.
  public var number = 0
  /// RFC 3339, UTC, with milliseconds.
  public var time = ""
  public var kind: EventKind
  public var interface: String?
  public var vhid: Int?
  public var from: String?
  public var to: String?
  /// For programs: words joined by hyphens.
  public var reason: String
  /// For people.
  public var text: String
  public var demotion: Int?
  public var source: String?

  public init(_ kind: EventKind, reason: String, text: String) {
    self.kind = kind
    self.reason = reason
    self.text = text
  }
}

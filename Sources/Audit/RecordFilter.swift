/// Which records are wanted: those that have all that is set here.
public struct RecordFilter: Sendable {
  public var act: String?
  public var origin: String?
  public var decision: String?
  /// Part of the object, or of the cause.
  public var object: String?
  /// As `timePrefix` gives it: records from then on.
  public var since: String?

  public init() {}

  public func matches(_ record: AuditRecord) -> Bool {
    if let act, record.act != act { return false }
    if let origin, record.origin != origin { return false }
    if let decision, record.decision != decision { return false }
    if let object, !record.object.contains(object), !record.cause.contains(object) { return false }
    if let since, record.wall < since { return false }
    return true
  }
}

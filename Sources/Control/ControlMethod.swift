/// Every method of `io.carpd.Control`, by its name in the interface description.
public enum ControlMethod: String, CaseIterable, Sendable {
  case show = "Show"
  case peers = "Peers"
  case counters = "Counters"
  case events = "Events"
  case watch = "Watch"
  case demote = "Demote"
  case undemote = "Undemote"
  case maintenance = "Maintenance"
  case promote = "Promote"
  case yield = "Yield"
  case reload = "Reload"
  case setLogLevel = "SetLogLevel"
  case auditHead = "AuditHead"

  /// With its interface.
  public var qualifiedName: String { "\(InterfaceDescription.controlName).\(rawValue)" }

  /// Whether only an administrator may call it.
  public var isForAdministrators: Bool {
    switch self {
    case .show, .peers, .counters, .events, .watch: false
    case .demote, .undemote, .maintenance, .promote, .yield, .reload, .setLogLevel, .auditHead: true
    }
  }
}

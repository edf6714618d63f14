import Channel

/// How far the engine in charge has come.
enum EnginePhase {
  /// Started, not yet proven and configured: it may say nothing but `ready`.
  case starting
  case running
  /// Told to bow out and exit.
  case stopping
}

/// What is checked of a request before it is looked at.
enum EngineRule {
  /// The virtual host's request rate applies.
  case rate
  /// The virtual host must be held, or being acquired.
  case role
  /// After a stall it must have been acquired anew.
  case voice

  /// What the engine may say once it is proven and configured, what is checked and what is recorded: the whole of its
  /// power. Everything else it sends, and everything before, malformed or with a descriptor attached, is a violation and
  /// its end.
  ///
  /// What names a virtual host must name one of the policy.
  static let table: [MessageType: Set<EngineRule>] = [
    // Checks: not faster than configured; not 255/255; demotion byte 0; counter not used before. Counted, not recorded.
    .advertise: [.rate, .role, .voice],
    // Checks: not stopping (it may cross the order to stop); interface up; no hold-down. Recorded, and each address with it.
    .acquire: [.rate],
    // Always allowed. Recorded, and each address with it.
    .release: [],
    // One act: 255/255 from the deposit, link down, addresses gone, hold-down. Recorded.
    .bowOut: [.rate, .role],
    // Recorded once per round.
    .announce: [.rate, .role, .voice],
    // Checks: family of the group; the newest eight are kept.
    .deposit: [],
    // Checks: what was allowed, or is asked of the supervisor (reload, log level, head of the audit log), was so for a
    // connection that is an administrator's by the supervisor's own record. Recorded, a refusal too.
    .administer: [],
    // A line for the log, of bounded length, control characters made visible; rate.
    .note: [],
    .heartbeat: [],
    // Checks: the connection exists.
    .closed: [],
  ]
}

/// A request that is well formed and against the policy.
extension Denial: Error {}

extension Message {
  /// The virtual host that a request of the engine names.
  var group: UInt16? {
    switch self {
    case .advertise(let request), .deposit(let request): request.group
    case .acquire(let group), .release(let group), .bowOut(let group), .announce(let group): group
    default: nil
    }
  }
}

import Channel

/// How far the engine in charge has come.
enum EnginePhase {
  /// Started, not yet proven and configured: it may say nothing but `ready`.
  case starting
  case running
  /// Told to bow out and exit.
  case stopping
}

/// What the engine may say, when, what is checked and what is recorded: the whole of its power. Everything else it
/// sends, and everything in another phase, malformed or with a descriptor attached, is a violation and its end.
struct EngineRule {
  var phases: Set<EnginePhase> = [.running, .stopping]
  /// The virtual host's request rate applies.
  var isRated = false
  /// The virtual host must be held, or being acquired.
  var needsRole = false
  /// After a stall it must have been acquired anew.
  var needsVoice = false

  // What names a virtual host must name one of the policy.
  static let table: [MessageType: EngineRule] = [
    // Checks: not faster than configured; not 255/255; demotion byte 0; counter not used before. Counted, not recorded.
    .advertise: EngineRule(isRated: true, needsRole: true, needsVoice: true),
    // Checks: not stopping (it may cross the order to stop); interface up; no hold-down. Recorded, and each address with it.
    .acquire: EngineRule(isRated: true),
    // Always allowed. Recorded, and each address with it.
    .release: EngineRule(),
    // One act: 255/255 from the deposit, link down, addresses gone, hold-down. Recorded.
    .bowOut: EngineRule(isRated: true, needsRole: true),
    // Recorded once per round.
    .announce: EngineRule(isRated: true, needsRole: true, needsVoice: true),
    // Checks: family of the group; the newest eight are kept.
    .deposit: EngineRule(),
    // Checks: what was allowed, or is asked of the supervisor (reload, log level, head of the audit log), was so for a
    // connection that is an administrator's by the supervisor's own record. Recorded, a refusal too.
    .administer: EngineRule(),
    // A line for the log, of bounded length, control characters made visible; rate.
    .note: EngineRule(),
    .heartbeat: EngineRule(),
    // Checks: the connection exists.
    .closed: EngineRule(),
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

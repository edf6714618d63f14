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
  let phases: Set<EnginePhase>
  /// True if the message names a virtual host of the policy, which must exist.
  let namesGroup: Bool
  /// True if the group's request rate applies.
  let isRated: Bool

  static let table: [MessageType: EngineRule] = [
    // Checks: group acquired or being acquired; not faster than configured; not 255/255; demotion byte 0; counter not
    // used before; rate. Counted, not recorded.
    .advertise: EngineRule(phases: [.running, .stopping], namesGroup: true, isRated: true),
    // Checks: not stopping (it may cross the order to stop); interface up; no hold-down. Recorded, and each address with it.
    .acquire: EngineRule(phases: [.running, .stopping], namesGroup: true, isRated: true),
    // Always allowed. Recorded, and each address with it.
    .release: EngineRule(phases: [.running, .stopping], namesGroup: true, isRated: false),
    // Checks: group held. One act: 255/255 from the deposit, link down, addresses gone, hold-down. Recorded.
    .bowOut: EngineRule(phases: [.running, .stopping], namesGroup: true, isRated: true),
    // Checks: group held; rate. Recorded once per round.
    .announce: EngineRule(phases: [.running, .stopping], namesGroup: true, isRated: true),
    // Checks: family of the group; the newest eight are kept.
    .deposit: EngineRule(phases: [.running, .stopping], namesGroup: true, isRated: false),
    // Checks: the connection is an administrator's by the supervisor's own record. One at a time; recorded with its outcome.
    .requestReload: EngineRule(phases: [.running], namesGroup: false, isRated: false),
    .setLogLevel: EngineRule(phases: [.running], namesGroup: false, isRated: false),
    .requestAuditHead: EngineRule(phases: [.running], namesGroup: false, isRated: false),
    // Checks: the connection exists, and where something was allowed is an administrator's. Recorded.
    .administered: EngineRule(phases: [.running, .stopping], namesGroup: false, isRated: false),
    // A code and numbers for the log; rate.
    .note: EngineRule(phases: [.running, .stopping], namesGroup: false, isRated: false),
    .heartbeat: EngineRule(phases: [.running, .stopping], namesGroup: false, isRated: false),
    // Checks: the connection exists.
    .closed: EngineRule(phases: [.running, .stopping], namesGroup: false, isRated: false),
  ]
}

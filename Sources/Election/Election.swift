public import CARP

/// The election of one group: a value that turns events into effects, without a clock and without input or output.
///
/// The rules are FreeBSD's (CARP sections 5 and 6), with improvements each of which has its own file below `Rules`.
/// No event at any moment traps, whatever the parameters.
public struct Election: Sendable {
  public internal(set) var parameters: Parameters

  /// The current state; INIT at first.
  public internal(set) var state = State.initial
  /// When the current state was entered; the clock's start before the first transition.
  public internal(set) var since = Instant(nanoseconds: 0)
  /// Why the current state was entered; nil before the first transition.
  public internal(set) var lastReason: Reason?
  /// How many transitions there have been.
  public internal(set) var transitions: UInt64 = 0
  /// How often this node listened before it spoke because its timers ran late.
  public internal(set) var lateTimers: UInt64 = 0
  /// The source of the last advertisement that this node yielded or listened to as BACKUP; nil while it is MASTER or
  /// has heard none since.
  public internal(set) var lastMaster: Address?
  /// Whether advertisements of this group that do not verify are being heard.
  public var isPeerMismatch: Bool { lastUnverified != nil }

  /// When `Event.timer` is next wanted; nil if never.
  public var deadline: Instant? {
    [masterDown, schedule?.next, mismatchEnds].compactMap(\.self).min()
  }

  /// When the master will be given up, as BACKUP.
  var masterDown: Instant?
  /// What is to be sent when, as MASTER.
  var schedule: Schedule?
  /// Until when the role must not be taken (rule HoldDown).
  var heldDownUntil: Instant?
  /// Until when this group counts as unable, because it failed (rule Hold-down).
  var failedUntil: Instant?
  /// Whether the group that shares its fate cannot serve (rule Shared fate).
  public internal(set) var isHeldByFate = false
  /// What the master announced last, and from when on it may be preempted, because it is worse (rule Preemption).
  var masterInterval: Interval?
  var preemptFrom: Instant?
  /// When the role was lost lately, at most three times (rule Flap damping).
  var lossesOfRole: [Instant] = []
  /// Whether timers ran late and no other node was heard since (rule LateTimers).
  var isListening = false
  /// The sum of this node's demotions.
  var demotion = 0
  /// What this group demotes the machine for.
  public internal(set) var demoting: Set<DemotionCause> = []
  /// The source address of this node's advertisements in each family.
  var ownSources: [Family: Address] = [:]
  /// When an authenticated advertisement last came by each family.
  var lastHeard: [Family: Instant] = [:]
  /// The families that were reported silent.
  var silentFamilies: Set<Family> = []
  /// When an advertisement last did not verify; nil if there is no mismatch.
  var lastUnverified: Instant?
  /// When the last immediate answers were given (rules WorseMaster and ForeignFrame).
  var lastAnswer: Instant?
  var lastReclaim: Instant?
  var sendErrors = SendErrors()
  /// Whether this node is to be the last to take the role (rule Maintenance).
  var isInMaintenance = false
  var isStopped = false

  public init(_ parameters: Parameters) {
    self.parameters = parameters
  }

  /// Takes one event and returns what is to be done, in order.
  ///
  /// - Parameter now: the moment of the event; it should not run backwards, but nothing breaks if it does.
  public mutating func handle(_ event: Event, at now: Instant) -> [Effect] {
    guard !isStopped else { return [] }
    return listenIfLate(at: now) + respond(to: event, at: now)
  }

  private mutating func respond(to event: Event, at now: Instant) -> [Effect] {
    switch event {
    case .linkUp: linkUp(at: now)
    case .linkDown: linkDown(at: now)
    case .advertisement(let advertisement, from: let source): heard(advertisement, from: source, at: now)
    case .unverified: heardUnverified(at: now)
    case .ownSource(let family, let address): setOwnSource(family, address)
    case .timer: timer(at: now)
    case .demotion(let sum): setDemotion(sum, at: now)
    case .force(let wanted): force(wanted, at: now)
    case .maintenance(let begins): maintain(begins, at: now)
    case .adopt: adopt(at: now)
    case .acquireFailed: acquireFailed(at: now)
    case .addressLost: addressLost(at: now)
    case .foreignFrame: foreignFrame(at: now)
    case .ranLate: ranLate(at: now)
    case .sendFailed: sendFailed()
    case .sendSucceeded: sendSucceeded()
    case .hold(let end): hold(until: end)
    case .fellowsAble(let areAble): fellowsAble(areAble, at: now)
    case .yieldTogether: yieldTogether(at: now)
    case .preemptTogether: preemptTogether(at: now)
    case .stop: stop(at: now)
    }
  }

  private mutating func timer(at now: Instant) -> [Effect] {
    endMismatch(at: now) + masterDownTimer(at: now) + sendDue(at: now)
  }
}

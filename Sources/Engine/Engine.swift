import CARP
import Channel
import Control
import Election
import Linux

/// The unprivileged half of carpd: it parses what comes from the network, runs every election and answers the control
/// socket. All it can do is ask the supervisor, by the channel.
final class Engine {
  /// The exit status when the supervisor is gone or breaks the protocol.
  static let channelLost: Int32 = 70

  let loop: EventLoop
  let channel: Endpoint

  /// The configuration that is coming in; nil outside `settings` ... `commit`.
  var assembly: PolicyAssembly?
  /// The number of the configuration in force; 0 before the first, when nothing acts.
  var generation: UInt32 = 0
  /// By ascending index.
  var groups: [Group] = []
  var interfaces: [UInt16: Interface] = [:]
  /// Interfaces whose loss demotes this machine, by their numbers on the channel.
  var tracked: [UInt16: Tracked] = [:]
  /// Until when no new group takes a role, because carpd has just started; CLOCK_MONOTONIC in nanoseconds.
  var startHoldEnd: UInt64 = 0
  /// Those that share their fate, by the name of their group.
  var fates: [String: [Group]] = [:]

  /// Events that wait to be handled, in order: handling one may bring about others.
  private var events: [(Group, Event)] = []
  /// Whether this machine is to be the last to take a role.
  var isInMaintenance = false
  /// Why this machine is demoted, and what of the sum the elections know.
  var demotions = Demotions()
  private var announcedDemotion = 0
  /// What each cause demotes by: FreeBSD's defaults.
  var demotionFactors: [DemotionCause: Int] = [.interfaceDown: 240, .sendErrors: 240]
  /// How often they may be told, since each time every MASTER advertises; and whether they are to be told soon.
  private var announcements = Throttle(perSecond: 10, burst: 5)
  private var announcesSoon = false
  /// How often timers ran too late, since the start.
  var lateTimers: UInt32 = 0
  private var lastLateNote: UInt64?

  var notes = FoldedNotes()
  var deposits = Deposits()
  private(set) var control: ControlServer?
  /// What happened lately, for those who watch.
  var eventLog: EventLog
  /// What was asked of the supervisor at the control socket.
  var calls = SupervisorCalls()
  private var wakeup: Deadline?
  private(set) var exitCode: Int32 = 0
  private(set) var isEnding = false

  /// - Parameter channel: this end of the channel.
  init(channel: FileDescriptor, loop: EventLoop) {
    self.loop = loop
    self.channel = Endpoint(channel, loop: loop)
    var generator = SystemRandomNumberGenerator()
    eventLog = EventLog(using: &generator)
  }

  /// Serves until the end.
  ///
  /// - Returns: the exit status.
  func run() -> Int32 {
    do throws(Errno) {
      try start()
      try loop.run()
    } catch {
      return Self.channelLost
    }
    return exitCode
  }

  /// Tells the supervisor that this process is confined, and listens.
  func start() throws(Errno) {
    channel.onHang = { [weak self] in self?.end(Self.channelLost) }
    control = ControlServer(
      loop: loop, respond: { [unowned self] in respond(to: $0, $1, for: $2) },
      closed: { [unowned self] in closed($0) })
    channel.listen { [weak self] in self?.readChannel() }
    channel.send(.ready)
  }

  private func closed(_ connection: UInt32) {
    channel.send(.closed(connection: connection))
    guard !demotions.held(by: connection).isEmpty else { return }
    // Not at once: an event that a client could not take may have closed it.
    loop.after(milliseconds: 0) { [weak self] in self?.endDemotions(heldBy: connection) }
  }

  /// Makes `run` return `code`.
  func end(_ code: Int32) {
    guard !isEnding else { return }
    isEnding = true
    exitCode = code
    loop.stop()
  }

  // MARK: Events

  /// Puts an event in line; `settle` handles it.
  func post(_ event: Event, to group: Group) {
    events.append((group, event))
  }

  /// Handles what is in line and what follows from it.
  func settle() {
    while true {
      // Not popped from the front, which would be quadratic.
      var index = 0
      while index < events.count {
        let (group, event) = events[index]
        index += 1
        handle(event, by: group)
      }
      events.removeAll(keepingCapacity: true)
      guard demotion != announcedDemotion, mayAnnounceDemotion() else { return }
      announcedDemotion = demotion
      for group in groups { post(.demotion(demotion), to: group) }
    }
  }

  /// However often clients change the sum.
  private func mayAnnounceDemotion() -> Bool {
    if announcements.take(now: EventLoop.now()) { return true }
    guard !announcesSoon else { return false }
    announcesSoon = true
    loop.after(milliseconds: 100) { [weak self] in
      self?.announcesSoon = false
      self?.settle()
      self?.rearm()
    }
    return false
  }

  private func handle(_ event: Event, by group: Group) {
    let now = EventLoop.now()
    let due = group.election.deadline
    let lateBefore = group.election.lateTimers
    let effects = group.election.handle(event, at: Instant(nanoseconds: now))
    if group.election.lateTimers != lateBefore {
      lateTimers &+= 1
      if let due, due.nanoseconds < now { noteLate(nanoseconds: now - due.nanoseconds, now: now) }
    }
    perform(effects, of: group)
    followFate(of: group, at: Instant(nanoseconds: now))
  }

  /// Once a second at most: all groups of a machine that slept are late together.
  private func noteLate(nanoseconds: UInt64, now: UInt64) {
    if let lastLateNote, now - lastLateNote < 1_000_000_000 { return }
    lastLateNote = now
    note(.ranLate(milliseconds: nanoseconds / 1_000_000))
  }

  // MARK: Time

  /// Sets the one timer of all elections.
  func rearm() {
    let next = groups.compactMap { $0.election.deadline }.min()
    if let wakeup, wakeup.time == next?.nanoseconds { return }
    wakeup?.cancel()
    wakeup = next.map { deadline in loop.at(deadline.nanoseconds) { [weak self] in self?.wake() } }
  }

  private func wake() {
    wakeup = nil
    // What a master sent before its time was up must be heard before its time is declared up.
    receiveMessages(limit: 256)
    guard !isEnding else { return }
    let now = Instant(nanoseconds: EventLoop.now())
    for group in groups {
      if let deadline = group.election.deadline, deadline <= now { post(.timer, to: group) }
    }
    settle()
    rearm()
  }

  /// What recurs, from the first configuration on.
  func tick() {
    guard !isEnding else { return }
    channel.send(.heartbeat(late: lateTimers))
    let now = EventLoop.now()
    for due in notes.due(now: now) { note(due.text, due.group, on: due.interface) }
    control?.expire(now: now)
    expireDemotions(now: now)
    settle()
    rearm()
    expireCalls(now: now)
    refreshDeposits(now: now)
    loop.after(milliseconds: 200) { [weak self] in self?.tick() }
  }

  // MARK: Stopping

  /// An orderly stop: every MASTER bows out.
  func shutDown() {
    for group in groups { post(.stop, to: group) }
    settle()
    end(0)
  }
}

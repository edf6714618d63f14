import Control

/// The commands that wait for their turn: of each virtual host one runs at a time, in the order of the events.
///
/// Nothing piles up behind a slow command: a rule has one job of each kind waiting, and a change of state drops what
/// waits to tell of an earlier one, since only the newest state counts.
public struct HookQueue {
  /// What one run of a command is about.
  public struct Job: Equatable, Sendable {
    public let rule: Int
    public let occurrence: Occurrence
    /// The state before everything that this job tells of; nil if not known.
    public let oldState: String?
    /// Events of the same kind that this one stands for besides its own.
    public let skipped: Int
    fileprivate let arrival: Int
    fileprivate let lane: HostName?
  }

  private struct Place: Hashable {
    let rule: Int
    let kind: EventKind
  }
  private struct Lane {
    var isRunning = false
    var waiting: [Place: Job] = [:]
  }

  private let limit: Int
  // What is about no virtual host has one lane together: nil.
  private var lanes: [HostName?: Lane] = [:]
  private var arrivals = 0
  /// Jobs that run.
  public private(set) var running = 0

  /// - Parameter limit: jobs that run at once, 1 or more.
  public init(limit: Int) {
    self.limit = limit
  }

  /// Jobs that wait.
  public var waiting: Int { lanes.values.reduce(0) { $0 + $1.waiting.count } }

  /// Queues an occurrence for the rules that it matches; it supersedes older ones even if those are none.
  public mutating func add(_ occurrence: Occurrence, rules: [Int]) {
    let kind = occurrence.event.kind
    let host = occurrence.host
    var lane = lanes[host] ?? Lane()
    var superseded: [Int: Job] = [:]
    for (place, job) in lane.waiting where place.kind == kind && (kind == .transition || rules.contains(place.rule)) {
      superseded[place.rule] = job
      lane.waiting[place] = nil
    }
    for rule in rules {
      let former = superseded[rule]
      arrivals += 1
      lane.waiting[Place(rule: rule, kind: kind)] = Job(
        rule: rule, occurrence: occurrence, oldState: former.map(\.oldState) ?? occurrence.event.from,
        skipped: former.map { $0.skipped + 1 } ?? 0, arrival: arrivals, lane: host)
    }
    lanes[host] = lane.isRunning || !lane.waiting.isEmpty ? lane : nil
  }

  /// The next job to be started, if one may be; it counts as running until `finished`.
  public mutating func next() -> Job? {
    guard running < limit else { return nil }
    let ready = lanes.values.filter { !$0.isRunning }.flatMap(\.waiting.values)
    guard let job = ready.min(by: { $0.arrival < $1.arrival }) else { return nil }
    lanes[job.lane]?.waiting[Place(rule: job.rule, kind: job.occurrence.event.kind)] = nil
    lanes[job.lane]?.isRunning = true
    running += 1
    return job
  }

  /// A job has ended.
  public mutating func finished(_ job: Job) {
    guard var lane = lanes[job.lane], lane.isRunning else { return }
    running -= 1
    lane.isRunning = false
    lanes[job.lane] = lane.waiting.isEmpty ? nil : lane
  }
}

/// A deadline somebody waits for; `cancel` forgets it.
public final class Deadline {
  /// CLOCK_MONOTONIC, nanoseconds.
  public let time: UInt64
  fileprivate var body: (() -> Void)?
  fileprivate init(time: UInt64, body: @escaping () -> Void) {
    self.time = time
    self.body = body
  }
  public func cancel() { body = nil }
}

/// One thread, one loop: epoll for descriptors, one absolute timerfd for every deadline. Level-triggered, one event a
/// turn: the kernel goes round the ready descriptors, and no event can be left over for one that was closed meanwhile.
public final class EventLoop {
  /// EPOLLIN: something may be read.
  public static let readable: UInt32 = 0x001
  /// EPOLLOUT: something may be written.
  public static let writable: UInt32 = 0x004

  /// CLOCK_MONOTONIC in nanoseconds: no other clock decides anything in carpd.
  public static func now() -> UInt64 { now(CLOCK_MONOTONIC) }
  /// CLOCK_REALTIME in nanoseconds, for records only.
  public static func wallClock() -> UInt64 { now(CLOCK_REALTIME) }
  private static func now(_ clock: Int32) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private let epoll: FileDescriptor
  private let timer: FileDescriptor
  private var watches: [Int32: (events: UInt32, rest: Deadline?, body: (UInt32) -> Void)] = [:]
  private var deadlines: [Deadline] = []
  private var stopped = false

  /// - Throws: the kernel's error if epoll or the timer cannot be made.
  public init() throws(Errno) {
    epoll = try FileDescriptor(checking: epoll_create1(Int32(EPOLL_CLOEXEC)))
    timer = try FileDescriptor(checking: timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC)))
    // What it is for is done in every turn.
    try watch(timer.raw) { _ in }
  }

  /// Calls `body` with the ready events, at first EPOLLIN, until `unwatch`.
  public func watch(_ descriptor: Int32, _ body: @escaping (UInt32) -> Void) throws(Errno) {
    try check(cl_epoll_ctl(epoll.raw, EPOLL_CTL_ADD, descriptor, EventLoop.readable))
    watches[descriptor] = (EventLoop.readable, nil, body)
  }

  /// Changes the events `descriptor` is watched for.
  public func rewatch(_ descriptor: Int32, events: UInt32) throws(Errno) {
    if watches[descriptor] == nil { return }
    try check(cl_epoll_ctl(epoll.raw, EPOLL_CTL_MOD, descriptor, events))
    watches[descriptor]?.events = events
  }

  /// Leaves what comes at `descriptor`, errors too, unserved for so long.
  public func rest(_ descriptor: Int32, milliseconds: UInt64) {
    _ = cl_epoll_ctl(epoll.raw, EPOLL_CTL_DEL, descriptor, 0)
    watches[descriptor]?.rest = after(milliseconds: milliseconds) { [unowned self] in
      if let watch = watches[descriptor] { _ = cl_epoll_ctl(epoll.raw, EPOLL_CTL_ADD, descriptor, watch.events) }
    }
  }

  /// Forgets `descriptor`; to be called before it is closed.
  public func unwatch(_ descriptor: Int32) {
    guard let watch = watches.removeValue(forKey: descriptor) else { return }
    watch.rest?.cancel()
    _ = cl_epoll_ctl(epoll.raw, EPOLL_CTL_DEL, descriptor, 0)
  }

  /// Calls `body` once, at or after `time` (CLOCK_MONOTONIC, nanoseconds).
  @discardableResult
  public func at(_ time: UInt64, _ body: @escaping () -> Void) -> Deadline {
    let deadline = Deadline(time: time, body: body)
    deadlines.insert(deadline, at: deadlines.firstIndex { $0.time > time } ?? deadlines.count)
    return deadline
  }

  /// The same, `milliseconds` from now.
  @discardableResult
  public func after(milliseconds: UInt64, _ body: @escaping () -> Void) -> Deadline {
    at(EventLoop.now() + milliseconds * 1_000_000, body)
  }

  /// Makes `run` return after the event in hand.
  public func stop() { stopped = true }

  /// Serves events and deadlines until `stop`.
  public func run() throws(Errno) {
    stopped = false
    releaseNowAndThen()
    while !stopped {
      arm()
      var event = cl_event()
      try check(unsafe cl_epoll_wait(epoll.raw, &event))
      // Deadlines first: an election must not wait for a descriptor. What a body schedules for "now" waits for the next
      // turn, so that no deadline can starve the descriptors.
      let due = deadlines.prefix { [now = EventLoop.now()] in $0.time <= now }
      deadlines.removeFirst(due.count)
      for deadline in due where !stopped {
        deadline.body?()
        deadline.body = nil
      }
      if !stopped { watches[event.descriptor]?.body(event.events) }
    }
  }

  private func releaseNowAndThen() {
    releaseProgramPages()
    after(milliseconds: 5000) { [unowned self] in releaseNowAndThen() }
  }

  /// Sets the timer to the first deadline; one that is due already wakes the wait at once. An expiry before is forgotten
  /// by that.
  private func arm() {
    deadlines.removeAll { $0.body == nil }
    let next = deadlines.first?.time ?? 0
    var spec = itimerspec()
    spec.it_value = timespec(tv_sec: Int(next / 1_000_000_000), tv_nsec: Int(next % 1_000_000_000))
    unsafe timerfd_settime(timer.raw, Int32(TFD_TIMER_ABSTIME), &spec, nil)
  }
}

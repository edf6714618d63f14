/// A deadline somebody waits for; `cancel` forgets it.
public final class Deadline {
  /// CLOCK_MONOTONIC, nanoseconds.
  public let time: UInt64
  fileprivate var body: (() -> Void)?
  fileprivate init(time: UInt64, body: @escaping () -> Void) { (self.time, self.body) = (time, body) }
  public func cancel() { body = nil }
}

/// What becomes of one watched descriptor.
private final class Watch {
  var events: UInt32
  /// CLOCK_MONOTONIC, nanoseconds: until then it is not served.
  var rests: UInt64 = 0
  let body: (UInt32) -> Void
  init(_ events: UInt32, _ body: @escaping (UInt32) -> Void) { (self.events, self.body) = (events, body) }
}

/// One thread, one loop: ppoll over the watched descriptors, of which no process here has many, until the next deadline.
public final class EventLoop {
  /// POLLIN: something may be read.
  public static let readable: UInt32 = 0x001
  /// POLLOUT: something may be written.
  public static let writable: UInt32 = 0x004

  /// CLOCK_MONOTONIC in nanoseconds: no other clock decides anything in carpd.
  public static func now(_ clock: Int32 = CLOCK_MONOTONIC) -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
  /// CLOCK_REALTIME in nanoseconds, for records only.
  public static func wallClock() -> UInt64 { now(CLOCK_REALTIME) }

  private var watches: [Int32: Watch] = [:]
  private var deadlines: [Deadline] = []
  private var stopped = false
  private var released: UInt64 = 0

  public init() {}

  /// Calls `body` with the ready events (POLLIN, errors) until `unwatch`.
  public func watch(_ descriptor: Int32, _ body: @escaping (UInt32) -> Void) {
    watches[descriptor] = Watch(EventLoop.readable, body)
  }

  /// Changes the events `descriptor` is watched for.
  public func rewatch(_ descriptor: Int32, events: UInt32) { watches[descriptor]?.events = events }

  /// Leaves what comes at `descriptor`, errors too, unserved for so long.
  public func rest(_ descriptor: Int32, milliseconds: UInt64) {
    watches[descriptor]?.rests = after(milliseconds: milliseconds) {}.time
  }

  /// Forgets `descriptor`; to be called before it is closed.
  public func unwatch(_ descriptor: Int32) { watches[descriptor] = nil }

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

  /// Works on `items` piece by piece, the first one at once; between two the loop turns, so that no advertisement waits
  /// for a thousand addresses. `body` says whether to go on.
  public func inPieces<T>(_ items: ArraySlice<T>, of size: Int, _ body: @escaping (ArraySlice<T>) -> Bool) {
    guard !items.isEmpty, body(items.prefix(size)), items.count > size else { return }
    after(milliseconds: 1) { [weak self] in self?.inPieces(items.dropFirst(size), of: size, body) }
  }

  /// Makes `run` return after the event in hand.
  public func stop() { stopped = true }

  /// Serves events and deadlines until `stop`.
  public func run() throws(Errno) {
    stopped = false
    while !stopped {
      let now = EventLoop.now()
      deadlines.removeAll { $0.body == nil }
      let patience = max(deadlines.first?.time ?? now + 1_000_000_000, now) - now
      // Before a sleep that is worth it, and not so often that it would cost more than it saves.
      if patience > 20_000_000 && now - released > 150_000_000 {
        releaseProgramPages()
        released = now
      }
      var timeout = timespec(tv_sec: Int(patience / 1_000_000_000), tv_nsec: Int(patience % 1_000_000_000))
      let served = watches.filter { $0.value.rests <= now }
      var list = served.sorted { $0.key < $1.key }.map { pollfd(fd: $0, events: Int16($1.events), revents: 0) }
      try check(unsafe ppoll(&list, UInt(list.count), &timeout, nil))
      fireDeadlines()
      for entry in list where entry.revents != 0 {
        // The number may be another descriptor's by now.
        guard let watch = watches[entry.fd], watch === served[entry.fd], !stopped else { continue }
        watch.body(UInt32(UInt16(bitPattern: entry.revents)))
        // An election must not wait for the other descriptors.
        fireDeadlines()
      }
    }
  }

  private func fireDeadlines() {
    let now = EventLoop.now()
    // What a body schedules for "now" waits for the next turn, so that no deadline can starve the descriptors.
    let due = deadlines.prefix { $0.time <= now }
    deadlines.removeFirst(due.count)
    for deadline in due where !stopped { deadline.body?() }
  }
}

/// Why this machine is demoted: sources by name, and their sum, which every election goes by.
///
/// carpd's own sources have a colon in their names (`link:eth0-1`), those of clients must not.
struct Demotions {
  /// One source.
  struct Source: Equatable {
    /// May be negative, which makes the machine better, though never better than its configured advskew.
    var value: Int
    /// Who demotes: "carpd", or "uid N".
    var owner = "carpd"
    var reason = ""
    /// When it began, and when it ends by itself; CLOCK_MONOTONIC in nanoseconds.
    var since: UInt64 = 0
    var expires: UInt64?
    /// The control connection it ends with.
    var connection: UInt32?
  }

  /// What one source can demote by: more has no effect, since advskew is announced as 240 at most.
  static let range = -255...255
  /// Sources that clients may have at once.
  static let clientLimit = 64

  private(set) var sources: [String: Source] = [:]
  /// The sum of all values.
  private(set) var sum = 0

  /// Whether a client may add a source called `name`, or replace it.
  func hasRoom(for name: String) -> Bool {
    sources[name] != nil || sources.count { $0.value.owner != "carpd" } < Self.clientLimit
  }

  /// Adds a source, or replaces the one of the same name. The value is limited to `range`.
  mutating func set(_ name: String, _ source: Source) {
    remove(name)
    var source = source
    source.value = min(max(source.value, Self.range.lowerBound), Self.range.upperBound)
    sources[name] = source
    sum += source.value
  }

  /// Removes a source.
  ///
  /// - Returns: what it was, nil if there was none of the name.
  @discardableResult
  mutating func remove(_ name: String) -> Source? {
    guard let source = sources.removeValue(forKey: name) else { return nil }
    sum -= source.value
    return source
  }

  /// The names of those that have ended by `now`, in order.
  func expired(at now: UInt64) -> [String] {
    names { $0.expires.map { $0 <= now } ?? false }
  }

  /// The names of those that end with a connection, in order.
  func held(by connection: UInt32) -> [String] {
    names { $0.connection == connection }
  }

  private func names(where condition: (Source) -> Bool) -> [String] {
    sources.filter { condition($0.value) }.keys.sorted()
  }
}

import CARP

/// What somebody removed from a virtual host that is held, until it is dealt with; and how often that was lately.
struct Restoration {
  enum Loss: Equatable, CustomStringConvertible {
    case macvlan
    case address(CARP.Address)

    var description: String {
      switch self {
      case .macvlan: "its macvlan"
      case .address(let address): "\(address)"
      }
    }
  }

  /// How often within `period` something is put back; whoever removes it once more is not to be argued with.
  static let limit = 3
  /// Nanoseconds.
  static let period: UInt64 = 60_000_000_000

  private var loss: Loss?
  private var times: [UInt64] = []

  /// Takes note of a loss. A lost macvlan tells more than the addresses that went with it.
  ///
  /// - Returns: whether nothing else waits yet to be dealt with.
  mutating func add(_ new: Loss) -> Bool {
    let isFirst = loss == nil
    if isFirst || new == .macvlan { loss = new }
    return isFirst
  }

  /// Forgets the loss and returns it; nil if there is none.
  mutating func take() -> Loss? {
    defer { loss = nil }
    return loss
  }

  /// Counts a loss that is dealt with at `now` (CLOCK_MONOTONIC, nanoseconds).
  ///
  /// - Returns: how many there were within `period`, this one included.
  mutating func count(at now: UInt64) -> Int {
    times = times.filter { now - min(now, $0) < Self.period } + [now]
    return times.count
  }
}

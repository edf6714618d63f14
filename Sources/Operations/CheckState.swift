public import Configuration
import Linux

/// How a command ended.
public enum CommandEnd: Equatable, Sendable, CustomStringConvertible {
  case exited(UInt8)
  case signalled(UInt8)
  /// It ran longer than it may, and was ended with everything it had started.
  case timedOut
  /// It could not be executed; the kernel's error number.
  case notStarted(Int32)
  /// Whoever watches it ended it, or was ended itself.
  case stopped

  public var description: String {
    switch self {
    case .exited(0): "success"
    case .exited(let status): "exit status \(status)"
    case .signalled(let number): "ended by signal \(number)"
    case .timedOut: "did not end in time"
    case .notStarted(let number): "cannot be executed: \(Errno(number))"
    case .stopped: "was stopped"
    }
  }
}

/// What the results of one check say together.
public struct CheckState: Equatable, Sendable {
  /// Whether the machine is to be demoted, nil while nothing is known.
  public private(set) var isFailing: Bool?
  /// Results in a row that speak against what is known.
  public private(set) var streak = 0
  private let check: CheckConfiguration.Check

  public init(_ check: CheckConfiguration.Check) {
    self.check = check
  }

  /// Takes the result of a run. The very first one decides by itself: a machine that starts with a broken service must
  /// not take over, and one whose service works need not wait.
  ///
  /// - Returns: whether `isFailing` changed.
  public mutating func take(_ end: CommandEnd) -> Bool {
    guard let failed = hasFailed(end) else { return false }
    guard let known = isFailing else {
      isFailing = failed
      return true
    }
    guard failed != known else {
      streak = 0
      return false
    }
    streak += 1
    guard streak >= (failed ? check.fall : check.rise) else { return false }
    isFailing = failed
    streak = 0
    return true
  }

  /// Nil if the result does not count.
  private func hasFailed(_ end: CommandEnd) -> Bool? {
    switch end {
    case .exited(let status): return status != 0
    case .stopped: return nil
    case .signalled, .timedOut, .notStarted:
      switch check.onError {
      case .fail: return true
      case .ignore: return false
      case .keep: return nil
      }
    }
  }
}

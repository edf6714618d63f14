/// The states of CARP section 6, with FreeBSD's numbers.
public enum State: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  /// Not taking part: no link, or stopped.
  case initial = 0
  /// Listening to the master.
  case backup = 1
  /// Answering for the shared addresses.
  case master = 2

  public var description: String {
    switch self {
    case .initial: "INIT"
    case .backup: "BACKUP"
    case .master: "MASTER"
    }
  }
}

/// Why a state changed.
public enum Reason: UInt8, CaseIterable, Hashable, Sendable {
  // FreeBSD's reasons (CARP section 6).
  case hardwareInterfaceUp
  case initializationComplete
  case hardwareInterfaceDown
  case masterTimedOut
  case moreFrequentAdvertisement
  case preemptingSlowerMaster
  case masterWillTimeOut
  case userRequested

  // Reasons FreeBSD does not have.
  /// A role that this node held was handed to a new process.
  case handedOver
  /// Timers fired so late that another node may have the role.
  case ranLate
  /// Somebody else removed a shared address for good.
  case addressLost
  /// The addresses could not be set.
  case acquireFailed
  /// An orderly stop.
  case stopping
  /// Another virtual host of the group cannot serve.
  case groupCannotServe
  /// Another virtual host of the group yielded.
  case groupYields

  /// The words in parentheses at the end of a transition's log line, FreeBSD's own where it has the reason.
  public var text: String {
    switch self {
    case .hardwareInterfaceUp: "hardware interface up"
    case .initializationComplete: "initialization complete"
    case .hardwareInterfaceDown: "hardware interface down"
    case .masterTimedOut: "master timed out"
    case .moreFrequentAdvertisement: "more frequent advertisement received"
    case .preemptingSlowerMaster: "preempting a slower master"
    case .masterWillTimeOut: "master will time out"
    case .userRequested: "user requested via carpctl"
    case .handedOver: "role handed over"
    case .ranLate: "timers ran late"
    case .addressLost: "shared address taken away"
    case .acquireFailed: "addresses could not be set"
    case .stopping: "shutting down"
    case .groupCannotServe: "another of its group cannot serve"
    case .groupYields: "another of its group yielded"
    }
  }
}

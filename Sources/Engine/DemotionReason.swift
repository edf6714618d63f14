/// Why the sum of demotions changed, for the log: FreeBSD's reasons (CARP section 6) and some of carpd's own.
enum DemotionReason: CaseIterable {
  case interfaceDown, interfaceUp, removed, sendErrors, sendOK
  /// A tracked interface.
  case trackedDown, trackedUp
  /// Somebody at the control socket.
  case requested, withdrawn, expired, disconnected

  var text: String {
    switch self {
    case .interfaceDown: "interface down"
    case .interfaceUp: "interface up"
    case .removed: "vhid removed"
    case .sendErrors: "send errors"
    case .sendOK: "sending works again"
    case .trackedDown: "tracked interface down"
    case .trackedUp: "tracked interface up"
    case .requested: "user requested via carpctl"
    case .withdrawn: "taken back via carpctl"
    case .expired: "its time is over"
    case .disconnected: "whoever held it is gone"
    }
  }
}

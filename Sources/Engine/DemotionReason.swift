/// Why the sum of demotions changed, for the log: FreeBSD's reasons (CARP section 6) and some of carpd's own.
enum DemotionReason: UInt8, CaseIterable {
  case interfaceDown = 0
  case interfaceUp, removed, sendErrors, sendOK
  /// A tracked interface.
  case trackedDown, trackedUp
  /// Somebody at the control socket.
  case requested, withdrawn, expired, disconnected
}

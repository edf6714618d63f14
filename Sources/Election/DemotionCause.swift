/// Why one group demotes the machine it is on, and with it all its groups (CARP section 6).
public enum DemotionCause: CaseIterable, Hashable, Sendable {
  /// Its interface is down or has no link: FreeBSD's `ifdown_demotion_factor`.
  case interfaceDown
  /// Its advertisements cannot be sent: FreeBSD's `senderr_demotion_factor`.
  case sendErrors
}

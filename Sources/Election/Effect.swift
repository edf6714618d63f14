public import CARP

/// What an election asks of the rest of the program, to be carried out in the order given.
public enum Effect: Equatable, Sendable {
  /// Set the group's addresses.
  case acquire
  /// Remove the group's addresses.
  case release
  /// Send 255/255 and remove the group's addresses: one act.
  case bowOut
  /// Send an advertisement in each family of the group, with these header bytes.
  case advertise(advbase: UInt8, advskew: UInt8, demotion: UInt8)
  /// Send a gratuitous ARP or unsolicited NA for each address.
  case announce
  /// Log and notify a change of state.
  case transition(from: State, to: State, Reason)
  /// Advertisements of this group that do not verify are being heard (true) or no longer (false).
  case peerMismatch(Bool)
  /// The family's advertisements are missing while the other family's are heard (true) or no longer (false).
  case familySilent(Family, Bool)
  /// Tell the other members of the group that shares its fate with this one (rule Shared fate).
  case fellows(Event)
  /// Begin (true) or stop (false) to demote the machine for this cause.
  case demote(DemotionCause, Bool)
}

// Rule Link (CARP section 6): a group takes part while its interface has link; without, it demotes the machine, so that
// a peer with preempt takes the other groups too.
extension Election {
  mutating func linkUp(at now: Instant) -> [Effect] {
    let promoted = undoDemotion(.interfaceDown)
    guard state == .initial else { return promoted }
    return becomeBackup(.initializationComplete, at: now) + promoted
  }

  /// Nothing can be sent any more, so a MASTER leaves without a bow-out.
  mutating func linkDown(at now: Instant) -> [Effect] {
    let release: [Effect] = state == .master ? [.release] : []
    return becomeInitial(.hardwareInterfaceDown, at: now) + release + demote(.interfaceDown)
  }
}

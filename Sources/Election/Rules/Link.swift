// Rule Link (CARP section 6): a group takes part while its interface has link.
extension Election {
  mutating func linkUp(at now: Instant) -> [Effect] {
    guard state == .initial else { return [] }
    return becomeBackup(.initializationComplete, at: now)
  }

  /// Nothing can be sent any more, so a MASTER leaves without a bow-out. The demotion that goes with a lost link is
  /// decided elsewhere, since it concerns all groups.
  mutating func linkDown(at now: Instant) -> [Effect] {
    let release: [Effect] = state == .master ? [.release] : []
    return becomeInitial(.hardwareInterfaceDown, at: now) + release
  }
}

import CARP

// Rule Silent family: since either family keeps the role in place (rule One master-down timer), a family of which nothing
// has come for three master-down timeouts while the other is heard has to be told.
extension Election {
  /// An advertisement came by `family`, as BACKUP.
  mutating func heardFamily(_ family: Family, at now: Instant) -> [Effect] {
    lastHeard[family] = now
    var effects: [Effect] = []
    if silentFamilies.remove(family) != nil { effects.append(.familySilent(family, false)) }
    for other in families where isSilent(other, at: now) {
      silentFamilies.insert(other)
      effects.append(.familySilent(other, true))
    }
    return effects
  }

  /// Nothing can be said of families once this node is MASTER itself or takes no part.
  mutating func forgetSilence() -> [Effect] {
    let effects = Family.allCases.filter(silentFamilies.contains).map { Effect.familySilent($0, false) }
    silentFamilies = []
    return effects
  }

  /// The families that the group has addresses of.
  var families: [Family] {
    (parameters.ipv4 ? [.ipv4] : []) + (parameters.ipv6 ? [.ipv6] : [])
  }

  private func isSilent(_ family: Family, at now: Instant) -> Bool {
    guard !silentFamilies.contains(family) else { return false }
    let last = max(lastHeard[family] ?? since, since)
    return now.nanoseconds(since: last) / 1000 >= 3 * masterDownTimeout.microseconds
  }
}

import CARP

// Rule Tie-break: of two masters with equal intervals the one with the higher source address yields. On the BSDs both
// yield (CARP section 5.4); UCarp decides the same way round as here (5.6).
extension Election {
  mutating func setOwnSource(_ family: Family, _ address: Address?) -> [Effect] {
    ownSources[family] = address
    return []
  }

  /// A node whose own source is unknown or unspecified counts as the highest; of two such nodes both yield.
  ///
  /// The two families may order two nodes differently, and then both would stay or both go. So an IPv6 advertisement
  /// decides only where the group has no IPv4, or none of the peer's IPv4 advertisements has arrived lately.
  func yieldsTie(to source: Address, at now: Instant) -> Bool {
    if source.family == .ipv6, parameters.ipv4, isHeardLately(.ipv4, at: now) { return false }
    guard let own = ownSources[source.family], !own.isUnspecified else { return true }
    return !source.isUnspecified && own >= source
  }

  /// Whether an authenticated advertisement came by this family within a master-down timeout.
  func isHeardLately(_ family: Family, at now: Instant) -> Bool {
    guard let moment = lastHeard[family] else { return false }
    return now.nanoseconds(since: moment) / 1000 <= masterDownTimeout.microseconds
  }
}

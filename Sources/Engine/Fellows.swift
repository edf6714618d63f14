import Election

// Virtual hosts that share their fate: what becomes of one is told to the others.
extension Engine {
  /// All members of the group of virtual hosts that `group` belongs to, itself included; none if it stands alone.
  func fellows(of group: Group) -> [Group] { fates[group.host.fate] ?? [] }

  /// After every event of a member: what do all of them have to do now?
  func followFate(of group: Group, at now: Instant) {
    let fellows = fellows(of: group)
    guard fellows.count > 1 else { return }
    for (member, event) in SharedFate.events(for: fellows.map(\.election), at: now) { post(event, to: fellows[member]) }
  }
}

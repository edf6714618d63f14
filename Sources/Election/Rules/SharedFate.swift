import CARP

/// Rule Shared fate: the virtual hosts of one machine that belong together (the two sides of a router) are all MASTER on
/// it or all BACKUP, as far as the other machines let them. keepalived calls that a synchronization group.
///
/// - **One cannot, none does.** While a member cannot serve (its interface has no link, or its addresses could not be
///   set, or were lost, a moment ago) every member that is MASTER bows out, and none takes the role, whoever else is
///   gone. That is the difference to demotion, which only makes a machine the last choice.
/// - **One yields, all yield.** A member that yields to a strictly better master takes those with it that are still MASTER;
///   they bow out, so that the other machine has all. A tie takes nobody along: the two sides of a network may order
///   two machines differently, and then both would give everything up.
/// - **All preempt together.** A member preempts only when each of the others is MASTER already or hears a worse master as
///   well. If one is MASTER, the others do so even without `preempt`: that ends a split as soon as it can be ended.
/// - **Nobody is pulled up.** A member whose master falls silent, or says goodbye, takes over alone. On a network whose
///   one side is cut in two, both machines are MASTER there while the other side stays as it is, without flapping; when
///   it is whole again, the worse machine yields, and everything is with the better one.
public enum SharedFate {
  /// What members of one group on one machine are to be told, by their index. To be asked after every event of theirs,
  /// until there is nothing more.
  public static func events(for members: [Election], at now: Instant) -> [(member: Int, event: Event)] {
    let areAble = members.allSatisfy { $0.isAble(at: now) }
    let told = members.indices.filter {
      members[$0].isHeldByFate == areAble || (!areAble && members[$0].state == .master)
    }
    if !told.isEmpty || !areAble { return told.map { ($0, .fellowsAble(areAble)) } }
    let hasMaster = members.contains { $0.state == .master }
    let ready = members.indices.filter { members[$0].isReadyToPreempt(at: now, healing: hasMaster) }
    let areReady = members.indices.allSatisfy { members[$0].state == .master || ready.contains($0) }
    return areReady ? ready.map { ($0, .preemptTogether) } : []
  }
}

extension Election {
  /// Whether this group could be MASTER: it has link, as far as is known, and did not fail a moment ago.
  func isAble(at now: Instant) -> Bool {
    !isStopped && !demoting.contains(.interfaceDown) && failedUntil.map { $0 <= now } ?? true
  }

  /// Whether the other members, and this one, are able from now on.
  mutating func fellowsAble(_ areAble: Bool, at now: Instant) -> [Effect] {
    isHeldByFate = !areAble
    return areAble ? [] : bowOut(.groupCannotServe, at: now)
  }

  /// Another member yielded, or an administrator had it yield.
  mutating func yieldTogether(at now: Instant) -> [Effect] {
    bowOut(.groupYields, at: now)
  }

  mutating func preemptTogether(at now: Instant) -> [Effect] {
    isReadyToPreempt(at: now, healing: true) ? becomeMaster(.preemptingSlowerMaster, at: now) : []
  }

  /// A MASTER leaves the role to others at once. The supervisor lets nobody come back from a bow-out within a master-down
  /// timeout, so this node does not try.
  private mutating func bowOut(_ reason: Reason, at now: Instant) -> [Effect] {
    guard state == .master else { return [] }
    let margin: UInt64 = 200_000
    heldDownUntil = now.advanced(by: masterDownTimeout).advanced(byMicroseconds: margin)
    return becomeBackup(reason, at: now, leavingBy: .bowOut)
  }
}

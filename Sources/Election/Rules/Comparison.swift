import CARP

// The table of CARP section 5.4: what an authenticated advertisement means in each state.
extension Election {
  mutating func heard(_ advertisement: Advertisement, from source: Address, at now: Instant) -> [Effect] {
    let effects = verifiedAgain(at: now)
    switch state {
    case .initial: return effects
    case .master: return effects + heardAsMaster(advertisement, from: source, at: now)
    case .backup: return effects + heardAsBackup(advertisement, from: source, at: now)
    }
  }

  private mutating func heardAsMaster(
    _ advertisement: Advertisement, from source: Address, at now: Instant
  ) -> [Effect] {
    // A node that goes away leaves the role where it is, but neighbours may know the addresses to be with it.
    if advertisement.isBowOut {
      schedule?.announceAgain(after: now)
      return []
    }
    let isWorse = rank > advertisement.interval
    let yields = isWorse || (rank == advertisement.interval && yieldsTie(to: source, at: now))
    lastHeard[source.family] = now
    guard yields else { return answerWorseMaster(at: now) }
    lastMaster = source
    let effects = yieldAudibly(isWorse: isWorse) + becomeBackup(.moreFrequentAdvertisement, at: now)
    compare(with: advertisement.interval, at: now)
    return effects + (isWorse && parameters.sharesFate ? [.fellows(.yieldTogether)] : [])
  }

  private mutating func heardAsBackup(
    _ advertisement: Advertisement, from source: Address, at now: Instant
  ) -> [Effect] {
    if advertisement.isBowOut { return heardBowOut(at: now) }
    let effects = heardFamily(source.family, at: now)
    compare(with: advertisement.interval, at: now)
    if !parameters.sharesFate, isReadyToPreempt(at: now) {
      return effects + becomeMaster(.preemptingSlowerMaster, at: now)
    }
    if mayTakeOver(at: now), isHopeless(advertisement.interval) {
      return effects + becomeMaster(.masterWillTimeOut, at: now)
    }
    lastMaster = source
    armMasterDown(at: now)
    return effects
  }

  /// Whether a master with this interval would be given up before it advertises again. OpenBSD, which alone knows
  /// advbase 0, does not apply the rule then.
  private func isHopeless(_ interval: Interval) -> Bool {
    parameters.advbase > 0
      && Interval.hopeless(advbase: parameters.advbase, demotedSkew: wireSkew) < interval
  }

  /// Whether what is heard may make this node MASTER: not in a hold-down, nor when another of its group cannot serve, nor
  /// by the first advertisement that is heard after timers ran late.
  func mayTakeOver(at now: Instant) -> Bool {
    !isHeldDown(at: now) && !isHeldByFate && !isListening
  }
}

import Channel
import Election
import Linux

// The one owner of the sum of demotions: whatever demotes this machine goes through here.
extension Engine {
  /// The sum of this machine's demotions.
  var demotion: Int { demotions.sum }

  /// Adds a source of demotion, or replaces the one of the same name, and has the elections told.
  func demote(
    _ name: String, _ source: Demotions.Source, because reason: DemotionReason, of group: Group? = nil,
    on interface: Interface? = nil
  ) {
    let before = demotion
    demotions.set(name, source)
    noteDemotion(name, since: before, reason, group, interface, by: source)
  }

  /// Removes a source of demotion, and has the elections told.
  ///
  /// - Returns: what it was, nil if there was none of the name.
  @discardableResult
  func undemote(
    _ name: String, because reason: DemotionReason, of group: Group? = nil, on interface: Interface? = nil
  ) -> Demotions.Source? {
    let before = demotion
    let source = demotions.remove(name)
    noteDemotion(name, since: before, reason, group, interface, by: source)
    return source
  }

  /// Ends what was to last until now.
  func expireDemotions(now: UInt64) {
    for name in demotions.expired(at: now) { undemote(name, because: .expired) }
  }

  /// A group begins or stops to demote the machine.
  func demote(_ cause: DemotionCause, _ begins: Bool, of group: Group) {
    let name = group.demotionName(cause)
    guard begins else {
      undemote(name, because: cause == .interfaceDown ? .interfaceUp : .sendOK, of: group)
      return
    }
    var source = Demotions.Source(value: demotionFactors[cause] ?? 0)
    source.reason = cause == .interfaceDown ? "interface down" : "send errors"
    source.since = demotions.sources[name]?.since ?? EventLoop.now()
    demote(name, source, because: cause == .interfaceDown ? .interfaceDown : .sendErrors, of: group)
  }

  /// A group that is gone demotes nobody.
  func undemote(_ group: Group) {
    for cause in DemotionCause.allCases { undemote(group.demotionName(cause), because: .removed, of: group) }
  }

  /// A reload has changed the factors.
  func renewDemotions(of group: Group) {
    for cause in DemotionCause.allCases where group.election.demoting.contains(cause) { demote(cause, true, of: group) }
  }

  private func noteDemotion(
    _ name: String, since before: Int, _ reason: DemotionReason, _ group: Group?, _ interface: Interface?,
    by source: Demotions.Source?
  ) {
    let delta = demotion - before
    if delta == 0 { return }
    recordDemotion(name, by: delta, reason, of: group, on: interface, source)
    note(.demoted(by: delta, to: demotion, reason), group, on: interface)
  }
}

extension Group {
  /// What its source of demotion is called.
  fileprivate func demotionName(_ cause: DemotionCause) -> String {
    let prefix = cause == .interfaceDown ? "link" : "send"
    return "\(prefix):\(host.interfaceName)-\(host.parameters.vhid)"
  }
}

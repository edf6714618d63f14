import CARP
import Channel
import Control
import Election
import Linux

// What happens, for those who watch.
extension Engine {
  /// Numbers and keeps an event, and hands it to all who watch.
  func record(_ event: EventReport) {
    var event = event
    event.time = timestamp(nanoseconds: EventLoop.wallClock(), milliseconds: true)
    control?.stream(WatchReply(event: eventLog.append(event)))
  }

  func recordTransition(of group: Group, from: State, to: State, _ reason: Reason) {
    var event = EventReport(
      .transition, reason: hyphenated("\(reason)"),
      text: "carp: \(group.name): \(from) -> \(to) (\(reason.text))")
    event.concern(group)
    event.from = from.description
    event.to = to.description
    record(event)
  }

  func recordPeerMismatch(of group: Group, begins: Bool) {
    var event = EventReport(
      .mismatch, reason: begins ? "peer-mismatch" : "peer-mismatch-over",
      text: begins
        ? "carp: \(group.name): advertisements do not verify; compare password and address list on all machines"
        : "carp: \(group.name): no advertisements any more that do not verify")
    event.concern(group)
    event.source = group.unverifiedSource?.description
    record(event)
  }

  func recordSilence(of family: CARP.Family, in group: Group, begins: Bool) {
    var event = EventReport(
      .silence, reason: begins ? "family-silent" : "family-heard",
      text: "carp: \(group.name): "
        + (begins ? "the master is not heard by \(family)" : "\(family) is not silent any more"))
    event.concern(group)
    event.source = group.election.lastMaster?.description
    record(event)
  }

  func recordAddressLost(by group: Group) {
    var event = EventReport(
      .conflict, reason: "address-lost", text: "carp: \(group.name): somebody else removed a shared address for good")
    event.concern(group)
    record(event)
  }

  /// Once in ten seconds at most: the frames of a whole network may come.
  func recordForeignFrame(of group: Group) {
    let now = EventLoop.now()
    if let last = group.lastForeignFrame, now - min(now, last) < FoldedNotes.pause { return }
    group.lastForeignFrame = now
    var event = EventReport(
      .conflict, reason: "foreign-frame",
      text: "carp: \(group.name): another machine sends with this vhid's MAC address")
    event.concern(group)
    record(event)
  }

  func recordDemotion(
    _ name: String, by delta: Int, _ reason: DemotionReason, of group: Group?, on interface: Interface?,
    _ source: Demotions.Source?
  ) {
    let cause = source.map { $0.reason.isEmpty ? "" : ": \($0.reason)" } ?? ""
    var event = EventReport(
      .demotion, reason: hyphenated("\(reason)"), text: "carp: demoted by \(delta) to \(demotion) (\(name)\(cause))")
    event.interface = interface?.name
    if let group { event.concern(group) }
    event.demotion = demotion
    event.source = source?.owner
    record(event)
  }

  func recordForeignProtocol(on group: Group, from source: CARP.Address) {
    var event = EventReport(
      .mismatch, reason: "foreign-protocol",
      text: "carp: \(group.name): VRRP is heard with the same number, and so with the same MAC address")
    event.concern(group)
    event.source = source.description
    record(event)
  }

  func recordLink(of interface: Interface, to: LinkCondition) {
    if interface.condition == to { return }
    var event = EventReport(
      .link, reason: to.word, text: "carp: \(interface.name): \(interface.condition?.word ?? "unknown") -> \(to.word)")
    event.interface = interface.name
    event.from = interface.condition?.word
    event.to = to.word
    record(event)
  }

  func recordReload() {
    record(
      EventReport(.reload, reason: "configuration-in-force", text: "carp: configuration \(generation) is in force"))
  }

  /// An administrator did something: `text` says what.
  func recordAdministration(_ reason: String, _ text: String, by client: Connection, to group: Group? = nil) {
    var event = EventReport(.administration, reason: reason, text: "carp: \(text) by uid \(client.uid)")
    if let group { event.concern(group) }
    event.source = "uid \(client.uid)"
    record(event)
  }
}

extension Group {
  /// `VHID 1@eth0`, as FreeBSD's log has it.
  var name: String { "VHID \(designation)" }
  /// `vhid 1@eth0`, as the supervisor's lines and records have it.
  var ownName: String { "vhid \(designation)" }
  private var designation: String { "\(host.parameters.vhid)@\(host.interfaceName)" }
}

extension EventReport {
  fileprivate mutating func concern(_ group: Group) {
    interface = group.host.interfaceName
    vhid = Int(group.host.parameters.vhid)
  }
}

/// `masterTimedOut` as `master-timed-out`.
func hyphenated(_ name: String) -> String {
  var result = ""
  for character in name {
    if character.isUppercase { result += "-" }
    result += character.lowercased()
  }
  return result
}

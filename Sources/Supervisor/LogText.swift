import Channel

/// The words for the engine's notes, in FreeBSD's form where it has one (CARP sections 4.2 and 6).
public enum LogText {
  /// The reasons of `Election.Reason`, by number.
  public static let reasons: [String] = [
    "hardware interface up", "initialization complete", "hardware interface down", "master timed out",
    "more frequent advertisement received", "preempting a slower master", "master will time out",
    "user requested via carpctl", "role handed over", "timers ran late", "shared address taken away",
    "addresses could not be set", "shutting down", "another of its group cannot serve", "another of its group yielded",
  ]

  /// The reasons of `Engine.DemotionReason`, by number.
  static let demotionReasons = [
    "interface down", "interface up", "vhid removed", "send errors", "sending works again", "tracked interface down",
    "tracked interface up", "user requested via carpctl", "taken back via carpctl", "its time is over",
    "whoever held it is gone",
  ]

  /// What was wrong with a packet and what to check, by the numbers of `CARP.Rejection`.
  private static let rejections: [(text: String, advice: String)] = [
    ("wrong TTL", "a router forwarded it, or its sender is not on this link and does not send TTL 255"),
    ("packet shorter than header", "check the interface for receive errors"),
    ("checksum failed", "check cables, offloads and VRRP routers on this link"),
    ("bad version", "VRRP or another protocol uses this id: give one of them another number"),
    ("packet too short", "most likely VRRP: check for VRRP routers on this link"),
    ("incorrect hash", "compare the password and the list of shared addresses on all machines of this vhid"),
    ("unknown vhid", "compare the vhids and their addresses on all machines"),
    ("packet on an interface without a vhid", "compare the interface names in the configuration"),
  ]

  /// The line for a note about `place`, a virtual host or an interface.
  static func line(_ note: Note, place: String) -> (level: LogLevel, text: String) {
    let (a, b) = (note.a, note.b)
    switch note.code {
    case .transition:
      return (.notice, "\(place): \(state(a >> 8)) -> \(state(a & 0xff)) (\(reason(b)))")
    case .rejected:
      let known = a < UInt32(rejections.count) ? rejections[Int(a)] : ("dropped", "")
      return (.warning, "\(place): \(known.0) from \(note.address) (\(b) since the last such line); \(known.1)")
    case .peerMismatch where a == 1:
      let remedy = "compare password and address list on all machines of this vhid"
      return (.warning, "\(place): peer-mismatch: advertisements from \(note.address) do not verify; \(remedy)")
    case .peerMismatch: return (.notice, "\(place): peer-mismatch is over")
    case .familySilent where b == 1:
      let remedy = "check IPv\(a) multicast on this network"
      return (.warning, "\(place): no advertisements by IPv\(a) any more, though the other family's arrive; \(remedy)")
    case .familySilent: return (.notice, "\(place): advertisements by IPv\(a) arrive again")
    case .foreignProtocol:
      let trouble = "the same MAC address as this vhid's; give one of them another number"
      return (.warning, "\(place): \(note.address) sends VRRP version \(a) with id \(b): \(trouble)")
    case .ranLate: return (.warning, "timers ran \(a) ms late; the machine is overloaded or was paused")
    case .looped: return (.warning, "\(place): dropping looped packet: the network sends our own packets back")
    case .demoted:
      let cause = entry(b >> 24, demotionReasons) + (place == "?" ? "" : ", \(place)")
      return (.notice, "demoted by \(Int32(bitPattern: a)) to \(Int32(bitPattern: b << 8) >> 8) (\(cause))")
    }
  }

  /// INIT, BACKUP or MASTER.
  static func state(_ number: UInt32) -> String { entry(number, ["INIT", "BACKUP", "MASTER"]) }
  /// The reason for programs: its words with hyphens.
  static func slug(_ number: UInt32) -> String { String(reason(number).map { $0 == " " ? "-" : $0 }) }
  static func reason(_ number: UInt32) -> String { entry(number, reasons) }
  private static func entry(_ number: UInt32, _ list: [String]) -> String {
    number < UInt32(list.count) ? list[Int(number)] : "?"
  }
}

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
  static let rejections: [(text: String, advice: String)] = [
    ("wrong TTL", "a router forwarded it, or its sender is not on this link and does not send TTL 255"),
    ("packet shorter than header", "check the interface for receive errors"),
    ("checksum failed", "check cables, offloads and VRRP routers on this link"),
    ("bad version", "VRRP or another protocol uses this id: give one of them another number"),
    ("packet too short", "most likely VRRP: check for VRRP routers on this link"),
    ("incorrect hash", "compare the password and the list of shared addresses on all machines of this vhid"),
    ("unknown vhid", "compare the vhids and their addresses on all machines"),
    ("packet on an interface without a vhid", "compare the interface names in the configuration"),
  ]

  static func line(_ note: Note, place: String) -> (level: LogLevel, text: String) {
    switch note.code {
    case .transition:
      let states = ["INIT", "BACKUP", "MASTER"]
      let name = { (value: UInt32) in value < 3 ? states[Int(value)] : "?" }
      let reason = note.b < UInt32(reasons.count) ? reasons[Int(note.b)] : "?"
      return (.notice, "\(place): \(name(note.a >> 8)) -> \(name(note.a & 0xff)) (\(reason))")
    case .rejected:
      let known = note.a < UInt32(rejections.count) ? rejections[Int(note.a)] : ("dropped", "")
      return (.warning, "\(place): \(known.0) from \(note.address) (\(note.b) since the last such line); \(known.1)")
    case .peerMismatch:
      return note.a == 1
        ? (
          .warning,
          "\(place): peer-mismatch: advertisements from \(note.address) do not verify; compare password and "
            + "address list on all machines of this vhid"
        )
        : (.notice, "\(place): peer-mismatch is over")
    case .familySilent:
      return note.b == 1
        ? (
          .warning,
          "\(place): no advertisements by IPv\(note.a) any more, though the other family's arrive; check "
            + "IPv\(note.a) multicast on this network"
        )
        : (.notice, "\(place): advertisements by IPv\(note.a) arrive again")
    case .foreignProtocol:
      return (
        .warning,
        "\(place): \(note.address) sends VRRP version \(note.a) with id \(note.b): the same MAC address as this "
          + "vhid's; give one of them another number"
      )
    case .ranLate: return (.warning, "timers ran \(note.a) ms late; the machine is overloaded or was paused")
    case .looped: return (.warning, "\(place): dropping looped packet: the network sends our own packets back")
    case .demoted:
      let reason = (demotionReasons + ["?"])[min(Int(note.b >> 24), demotionReasons.count)]
      let cause = place == "?" ? reason : "\(reason), \(place)"
      let sum = Int32(bitPattern: note.b << 8) >> 8
      return (.notice, "demoted by \(Int32(bitPattern: note.a)) to \(sum) (\(cause))")
    }
  }

  static func name(_ condition: LinkCondition) -> String {
    switch condition {
    case .absent: "absent"
    case .down: "down"
    case .noCarrier: "without carrier"
    case .up: "up"
    case .unusable: "unusable"
    }
  }
}

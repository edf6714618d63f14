import CARP
import Channel
import Election
import Linux

/// The kinds of the engine's lines in the log, by the numbers that MESSAGE_ID tells them apart by.
enum NoteCode: UInt8, CaseIterable {
  case transition = 1
  case rejected, peerMismatch, familySilent, foreignProtocol, ranLate, looped, demoted
  case removed, sendFailed, link
}

/// What the engine has to say in the log, in FreeBSD's form where it has one (CARP sections 4.2 and 6).
enum NoteText {
  case transition(from: State, to: State, Reason)
  /// `count` packets since the last such line; `source` sent the latest.
  case rejected(Rejection, source: CARP.Address, count: UInt32)
  case peerMismatch(begins: Bool, source: CARP.Address)
  case familySilent(CARP.Family, isSilent: Bool)
  case foreignProtocol(version: UInt8, id: UInt8, source: CARP.Address)
  case ranLate(milliseconds: UInt64)
  /// A packet of our own came back.
  case looped
  case demoted(by: Int, to: Int, DemotionReason)
  /// Somebody removed something of a virtual host, the `count`th time within a minute.
  case restoring(Restoration.Loss, count: Int)
  case givingUp(Restoration.Loss)
  /// The first advertisement of a family that could not be sent.
  case sendFailed(CARP.Family, Errno, on: String)
  case link(LinkCondition)

  var code: NoteCode {
    switch self {
    case .transition: .transition
    case .rejected: .rejected
    case .peerMismatch: .peerMismatch
    case .familySilent: .familySilent
    case .foreignProtocol: .foreignProtocol
    case .ranLate: .ranLate
    case .looped: .looped
    case .demoted: .demoted
    case .restoring, .givingUp: .removed
    case .sendFailed: .sendFailed
    case .link: .link
    }
  }

  var level: LogLevel {
    switch self {
    case .transition, .demoted, .link, .peerMismatch(begins: false, _), .familySilent(_, isSilent: false): .notice
    case .givingUp, .sendFailed: .error
    default: .warning
    }
  }

  /// Whether it is one of those that have a virtual host's name in FreeBSD's form.
  fileprivate var isFreeBSDs: Bool { ![.removed, .sendFailed].contains(code) }

  /// The line about a virtual host or an interface; nil where none is meant.
  func line(at place: String?) -> String {
    let subject = place ?? "?"
    switch self {
    case .transition(let from, let to, let reason): return "\(subject): \(from) -> \(to) (\(reason.text))"
    case .rejected(let rejection, let source, let count):
      let (trouble, advice) = rejection.words
      return "\(subject): \(trouble) from \(source) (\(count) since the last such line); \(advice)"
    case .peerMismatch(begins: true, let source):
      let remedy = "compare password and address list on all machines of this vhid"
      return "\(subject): peer-mismatch: advertisements from \(source) do not verify; \(remedy)"
    case .peerMismatch: return "\(subject): peer-mismatch is over"
    case .familySilent(let family, isSilent: true):
      let name = "IPv\(family.rawValue)"
      let remedy = "check \(name) multicast on this network"
      return "\(subject): no advertisements by \(name) any more, though the other family's arrive; \(remedy)"
    case .familySilent(let family, _): return "\(subject): advertisements by IPv\(family.rawValue) arrive again"
    case .foreignProtocol(let version, let id, let source):
      let trouble = "the same MAC address as this vhid's; give one of them another number"
      return "\(subject): \(source) sends VRRP version \(version) with id \(id): \(trouble)"
    case .ranLate(let milliseconds):
      return "timers ran \(milliseconds) ms late; the machine is overloaded or was paused"
    case .looped: return "\(subject): dropping looped packet: the network sends our own packets back"
    case .demoted(let delta, let sum, let reason):
      let cause = [reason.text, place].compactMap(\.self).joined(separator: ", ")
      return "demoted by \(delta) to \(sum) (\(cause))"
    case .restoring(let loss, let count):
      return "\(subject): somebody removed \(loss); putting it back (\(count) of \(Restoration.limit) a minute)"
    case .givingUp(let loss): return "\(subject): somebody removed \(loss), again and again; giving the role up"
    case .sendFailed(let family, let error, let interface):
      let remedy = error.number == EADDRNOTAVAIL ? "; \(interface) needs an IPv6 link-local address" : ""
      return "\(subject): advertisements by IPv\(family.rawValue) cannot be sent: \(error)\(remedy)"
    case .link(.noCarrier): return "\(subject) is without carrier"
    case .link(let condition): return "\(subject) is \(condition)"
    }
  }
}

extension Rejection {
  /// What was wrong with a packet, and what to check.
  fileprivate var words: (trouble: String, advice: String) {
    switch self {
    case .badttl:
      ("wrong TTL", "a router forwarded it, or its sender is not on this link and does not send TTL 255")
    case .hdrops: ("packet shorter than header", "check the interface for receive errors")
    case .badsum: ("checksum failed", "check cables, offloads and VRRP routers on this link")
    case .badver: ("bad version", "VRRP or another protocol uses this id: give one of them another number")
    case .badlen: ("packet too short", "most likely VRRP: check for VRRP routers on this link")
    case .badauth:
      ("incorrect hash", "compare the password and the list of shared addresses on all machines of this vhid")
    case .badvhid: ("unknown vhid", "compare the vhids and their addresses on all machines")
    case .badif:
      ("packet on an interface without a vhid", "compare the interface names in the configuration")
    }
  }
}

extension Engine {
  /// Has a line logged, about a group or an interface if there is one.
  func note(_ text: NoteText, _ group: Group? = nil, on interface: Interface? = nil) {
    let interface = group?.interface ?? interface
    var note = Note()
    note.kind = text.code.rawValue
    note.level = text.level
    note.text = text.line(at: group.map { text.isFreeBSDs ? $0.name : $0.ownName } ?? interface?.name)
    var fields = [("INTERFACE", interface?.name), ("VHID", group?.host.parameters.vhid.description)]
    if case .transition(_, let to, let reason) = text {
      fields += [("STATE", to.description), ("REASON", String(reason.text.map { $0 == " " ? "-" : $0 }))]
    }
    note.fields = fields.compactMap { name, value in value.map { "\nCARPD_\(name)=\($0)" } }.joined()
    channel.send(.note(note))
  }
}

import CARP
import Channel
import Election
import Linux
import Testing

@testable import Engine

struct NoteTextTests {
  private static let longest = CARP.Address.ipv6(high: .max, low: .max)
  private static let all: [NoteText] =
    State.allCases.flatMap { from in
      State.allCases.flatMap { to in Reason.allCases.map { .transition(from: from, to: to, $0) } }
    }
    + Rejection.allCases.map { .rejected($0, source: longest, count: .max) }
    + [true, false].map { .peerMismatch(begins: $0, source: longest) }
    + CARP.Family.allCases.flatMap { family in [true, false].map { .familySilent(family, isSilent: $0) } }
    + [.foreignProtocol(version: 3, id: 255, source: longest), .ranLate(milliseconds: .max), .looped]
    + DemotionReason.allCases.map { .demoted(by: .min, to: .max, $0) }
    + [Restoration.Loss.macvlan, .address(longest)].flatMap { [.restoring($0, count: .max), .givingUp($0)] }
    + (0...140).map { .sendFailed(.ipv6, Errno($0), on: "abcdefghijklmno") } + LinkCondition.allCases.map { .link($0) }

  /// The longest line fits into its message: nothing is cut.
  @Test func everyNoteHasALineThatFits() throws {
    #expect(Set(Self.all.map(\.code)) == Set(NoteCode.allCases))
    for text in Self.all {
      let line = text.line(at: "VHID 255@abcdefghijklmno")
      #expect(!line.isEmpty && line.utf8.count <= 300)
      var note = Note()
      note.text = line
      let sent = try Packet(bytes: Message.note(note).bytes(id: 1)).message
      #expect(sent == .note(note))
    }
  }

  /// As they were in FreeBSD's log, or in carpd's before.
  @Test func lines() {
    let source = CARP.Address.ipv4(0xc000_0266)
    let lines: [(NoteText, String)] = [
      (.transition(from: .backup, to: .master, .masterTimedOut), "VHID 1@eth0: BACKUP -> MASTER (master timed out)"),
      (
        .rejected(.badttl, source: source, count: 7),
        "VHID 1@eth0: wrong TTL from 192.0.2.102 (7 since the last such line); a router forwarded it, or its sender is "
          + "not on this link and does not send TTL 255"
      ),
      (
        .peerMismatch(begins: true, source: source),
        "VHID 1@eth0: peer-mismatch: advertisements from 192.0.2.102 do not verify; compare password and address list "
          + "on all machines of this vhid"
      ),
      (.peerMismatch(begins: false, source: source), "VHID 1@eth0: peer-mismatch is over"),
      (
        .familySilent(.ipv6, isSilent: true),
        "VHID 1@eth0: no advertisements by IPv6 any more, though the other family's arrive; check IPv6 multicast on "
          + "this network"
      ),
      (.familySilent(.ipv4, isSilent: false), "VHID 1@eth0: advertisements by IPv4 arrive again"),
      (
        .foreignProtocol(version: 3, id: 1, source: source),
        "VHID 1@eth0: 192.0.2.102 sends VRRP version 3 with id 1: the same MAC address as this vhid's; give one of "
          + "them another number"
      ),
      (.ranLate(milliseconds: 5), "timers ran 5 ms late; the machine is overloaded or was paused"),
      (.looped, "VHID 1@eth0: dropping looped packet: the network sends our own packets back"),
      (
        .restoring(.address(source), count: 3),
        "VHID 1@eth0: somebody removed 192.0.2.102; putting it back (3 of 3 a minute)"
      ),
      (.givingUp(.macvlan), "VHID 1@eth0: somebody removed its macvlan, again and again; giving the role up"),
      (
        .sendFailed(.ipv4, Errno(ENETDOWN), on: "eth0"),
        "VHID 1@eth0: advertisements by IPv4 cannot be sent: Network is down"
      ),
    ]
    for (text, line) in lines { #expect(text.line(at: "VHID 1@eth0") == line) }
  }

  @Test func levels() {
    let quiet = Self.all.filter { $0.level == .notice }.map(\.code)
    #expect(Set(quiet) == [.transition, .peerMismatch, .familySilent, .demoted, .link])
    #expect(Set(Self.all.filter { $0.level == .error }.map(\.code)) == [.removed, .sendFailed])
    #expect(Self.all.allSatisfy { $0.level != .info })
    #expect(Self.all.count { $0.level == .warning } == Rejection.allCases.count + 1 + 2 + 3 + 2)
  }
}

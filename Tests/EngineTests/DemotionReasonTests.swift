import Channel
import Testing

@testable import Engine
@testable import Supervisor

/// The engine says why by a number, the supervisor has the words.
struct DemotionReasonTests {
  @Test func everyReasonHasItsWords() {
    #expect(LogText.demotionReasons.count == DemotionReason.allCases.count)
    #expect(line(.interfaceDown, delta: 240, sum: 480) == "demoted by 240 to 480 (interface down, VHID 1@eth0)")
    #expect(line(.interfaceUp, delta: -240, sum: 0) == "demoted by -240 to 0 (interface up, VHID 1@eth0)")
    #expect(line(.sendOK, delta: -240, sum: -5) == "demoted by -240 to -5 (sending works again, VHID 1@eth0)")
    #expect(line(.trackedUp, delta: -1, sum: 2, place: "ppp0") == "demoted by -1 to 2 (tracked interface up, ppp0)")
    #expect(line(.disconnected, delta: -1, sum: 0, place: "?") == "demoted by -1 to 0 (whoever held it is gone)")
  }

  private func line(_ reason: DemotionReason, delta: Int32, sum: Int32, place: String = "VHID 1@eth0") -> String {
    var note = Note()
    note.code = .demoted
    note.a = UInt32(bitPattern: delta)
    note.b = UInt32(reason.rawValue) << 24 | UInt32(bitPattern: sum) & 0xff_ffff
    return LogText.line(note, place: place).text
  }
}

import Testing

@testable import Engine

struct DemotionReasonTests {
  @Test func theLineSaysHowMuchAndWhy() {
    #expect(line(.interfaceDown, by: 240, to: 480) == "demoted by 240 to 480 (interface down, VHID 1@eth0)")
    #expect(line(.interfaceUp, by: -240, to: 0) == "demoted by -240 to 0 (interface up, VHID 1@eth0)")
    #expect(line(.sendOK, by: -240, to: -5) == "demoted by -240 to -5 (sending works again, VHID 1@eth0)")
    #expect(line(.trackedUp, by: -1, to: 2, at: "ppp0") == "demoted by -1 to 2 (tracked interface up, ppp0)")
    #expect(line(.disconnected, by: -1, to: 0, at: nil) == "demoted by -1 to 0 (whoever held it is gone)")
  }

  private func line(_ reason: DemotionReason, by delta: Int, to sum: Int, at place: String? = "VHID 1@eth0") -> String {
    NoteText.demoted(by: delta, to: sum, reason).line(at: place)
  }
}

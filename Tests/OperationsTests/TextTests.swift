import Control
import Testing

@testable import Operations

struct TextTests {
  @Test func linesAreSplitAndCleaned() {
    var splitter = LineSplitter()
    #expect(splitter.take("one\ntw".utf8) == ["one"])
    #expect(splitter.take("o\n\n\u{1B}[31mred\nrest".utf8) == ["two", " [31mred"])
    #expect(splitter.finish() == "rest")
    #expect(splitter.finish() == nil)
    #expect(splitter.take([0xff, 0x0a]) == ["\u{FFFD}"])
  }

  @Test func outputIsBounded() {
    var splitter = LineSplitter()
    let long = splitter.take(Array(repeating: UInt8(ascii: "x"), count: 5000) + [0x0a])
    #expect(long.map(\.count) == [2048, 2048, 904])
    var lines = 3
    for _ in 0..<5000 { lines += splitter.take("y\n".utf8).count }
    #expect(lines == LineSplitter.mostLines)
    #expect(splitter.dropped == 5003 - LineSplitter.mostLines)
  }

  @Test(arguments: [
    ("2026-11-22T10:00:00Z", "0s"), ("2026-11-22T09:59:01Z", "59s"), ("2026-11-22T09:56:48.123Z", "3m12s"),
    ("2026-11-22T07:55:00Z", "2h05m"), ("2026-11-18T07:00:00Z", "4d03h"), ("2024-02-29T10:00:00Z", "997d00h"),
    ("2026-11-22T10:00:05Z", "0s"), ("", "-"), ("yesterday", "-"), ("2026-13-22T10:00:00Z", "-"),
    ("ééééééééééééZ", "-"),
  ])
  func ages(moment: String, expected: String) {
    // 2026-11-22T10:00:00Z
    #expect(age(of: moment, now: 1_795_341_600_000_000_000) == expected)
  }

  private func reply() -> ShowReply {
    var master = Samples.status(1, "MASTER")
    (master.advbase, master.advskew, master.demotion) = (1, 100, 12)
    master.addresses = ["192.0.2.1/24", "2001:db8:1234:5678:9abc:def0:1234:5678/64"]
    var backup = Samples.status(22, "BACKUP", interface: "enp0s31f6")
    (backup.advbase, backup.master, backup.peerMismatch) = (1, "2001:db8::102", true)
    var daemon = DaemonStatus()
    daemon.demotions = [
      DemotionStatus(name: "web", owner: "uid 0", value: 12, reason: "down", since: "", expires: nil, held: true)
    ]
    return ShowReply(virtualHosts: [master, backup], interfaces: [], daemon: daemon)
  }

  @Test func theTableFitsIntoItsWidth() {
    let text = StateTable(reply(), now: 1_795_341_610_000_000_000, width: 80, hasColour: false).text
    #expect(
      text.hasPrefix(
        """
        HOST          STATE   ADV    DEMOTION  SINCE  MASTER         ADDRESSES
        eth0-1        MASTER  1/100  12        10s    this one       192.0.2.1/24 2001:…
        enp0s31f6-22  BACKUP  1/0    0         10s    2001:db8::102

        demotion 12 by web (uid 0, as long as it is held): down
        enp0s31f6-22: peer-mismatch:
        """))
    let lines: [Substring] = text.split(separator: "\n")
    #expect(lines.prefix(3).allSatisfy { $0.count <= 80 })
    let wide = StateTable(reply(), now: 1_795_341_610_000_000_000, width: nil, hasColour: false).text
    #expect(wide.contains(" 2001:db8:1234:5678:9abc:def0:1234:5678/64\n"))
  }

  @Test func coloursChangeNothingElse() {
    let plain = StateTable(reply(), now: 0, width: 80, hasColour: false).text
    let coloured = StateTable(reply(), now: 0, width: 80, hasColour: true).text
    #expect(!plain.contains("\u{1B}") && coloured.contains("\u{1B}[32mMASTER\u{1B}[0m"))
    #expect(coloured.replacing(/\u{1B}\[[0-9]+m/, with: "") == plain)
  }
}

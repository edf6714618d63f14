import Testing

@testable import Configuration

/// Durations, `[[track]]` and `[[group]]`: what is read and the exact words of what is refused.
struct GroupAndTrackTests {
  /// Three virtual hosts, of six lines each, called eth0-1, eth1-1 and lan-0-7.
  static func file(_ more: String, third: String = "advskew = 0") -> String {
    let third = Golden.host(interface: "\"lan-0\"", vhid: "7", addresses: "[\"192.0.2.3/24\"]", third)
    return Golden.host() + Golden.host(interface: "\"eth1\"", addresses: "[\"192.0.2.2/24\"]") + third + more
  }

  @Test func everything() throws {
    let text = """
      [[group]]
      name = "router"
      members = ["eth0-1", "lan-0-7"]
      [[track]]
      interface = "ppp0"
      demotion = 20
      [[track]]
      interface = "eth0"
      [daemon]
      start-hold = "500ms"
      preempt-delay = "30s"
      transition = "2m"
      flap-damping = "1h"
      ifdown-demotion = 0
      senderr-demotion = 255
      """
    let (configuration, diagnostics) = Golden.parse(Self.file(text))
    #expect(diagnostics == [])
    let read = try #require(configuration)
    #expect(read.virtualHosts.map(\.fate) == ["router", nil, "router"])
    #expect(read.tracks.map(\.interface) == ["ppp0", "eth0"])
    #expect(read.tracks.map(\.demotion) == [20, 240])
    let daemon = read.daemon
    #expect([daemon.startHold, daemon.preemptDelay, daemon.transition] == [500, 30_000, 120_000])
    #expect(daemon.flapDamping == 3_600_000)
    #expect([daemon.linkDemotion, daemon.sendDemotion] == [0, 255])
  }

  @Test func defaultsAreHarmless() throws {
    let daemon = try #require(Golden.parse(Golden.host()).0).daemon
    #expect([daemon.startHold, daemon.preemptDelay, daemon.flapDamping] == [0, 0, 0])
    #expect(daemon.transition == 30_000)
    #expect([daemon.linkDemotion, daemon.sendDemotion] == [240, 240])
  }

  private static let aDuration = "write a number with its unit, as \"500ms\", \"30s\", \"10m\" or \"1h30m\""

  static let durations: [Golden] = [
    Golden(
      "[daemon]\nstart-hold = 30",
      "2:14: error: start-hold must be a string, not an integer; write start-hold = \"...\""),
    Golden("[daemon]\ntransition = \"30\"", "2:14: error: transition is '30'; \(aDuration)"),
    Golden("[daemon]\ntransition = \"\"", "2:14: error: transition is ''; \(aDuration)"),
    Golden("[daemon]\ntransition = \"s\"", "2:14: error: transition is 's'; \(aDuration)"),
    Golden("[daemon]\ntransition = \"-1s\"", "2:14: error: transition is '-1s'; \(aDuration)"),
    Golden("[daemon]\ntransition = \"1.5s\"", "2:14: error: transition is '1.5s'; \(aDuration)"),
    Golden("[daemon]\ntransition = \"30 s\"", "2:14: error: transition is '30 s'; \(aDuration)"),
    Golden("[daemon]\ntransition = \"1d\"", "2:14: error: transition is 1d; it must be within 0s...1h"),
    Golden("[daemon]\nflap-damping = \"2h\"", "2:16: error: flap-damping is 2h; it must be within 0s...1h"),
    Golden(
      "[daemon]\npreempt-delay = \"99999999999999999999s\"",
      "2:17: error: preempt-delay is '99999999999999999999s'; \(aDuration)"),
    Golden("[daemon]\nifdown-demotion = 256", "2:19: error: ifdown-demotion is 256; it must be within 0...255"),
    Golden("[daemon]\nsenderr-demotion = -1", "2:20: error: senderr-demotion is -1; it must be within 0...255"),
    Golden("[daemon]\nstarthold = \"1s\"", "2:1: error: unknown key 'starthold'; did you mean 'start-hold'?"),
  ]

  @Test(arguments: durations) func durationErrors(golden: Golden) { golden.expectAlone() }

  static let tracks: [Golden] = [
    Golden(
      file("[track]"), "19:1: error: track must be an array of tables, not a table; write [[track]], with two brackets"),
    Golden(file("[[track]]"), "19:1: error: this track has no interface; add interface = \"eth1\""),
    Golden(
      file("[[track]]\ninterface = \"eth1\"\ndemotion = 0"), "21:12: error: demotion is 0; it must be within 1...255"),
    Golden(
      file("[[track]]\ninterface = \"a\"\n[[track]]\ninterface = \"a\""),
      """
      21:1: error: 'a' is already tracked at line 19, column 1; keep one of the two, with the sum of the demotions
      """),
    Golden(
      file("[[track]]\ninterfaces = \"a\"\ninterface = \"a\""),
      "20:1: error: unknown key 'interfaces'; did you mean 'interface'?"),
  ]

  @Test(arguments: tracks) func trackErrors(golden: Golden) { golden.expectAlone() }

  private static func group(_ members: String, third: String = "advskew = 0") -> String {
    file("[[group]]\nname = \"g\"\nmembers = \(members)", third: third)
  }

  static let groups: [Golden] = [
    Golden(
      file("[[group]]\nname = \"g\""), "19:1: error: this group has no members; add members = [\"eth0-1\", \"eth1-1\"]"),
    Golden(
      file("[[group]]\nmembers = [\"eth0-1\", \"eth1-1\"]"),
      "19:1: error: this group has no name; add name = \"router\""),
    Golden(
      file("[[group]]\nname = \"a b\"\nmembers = [\"eth0-1\", \"eth1-1\"]"),
      "20:8: error: name is 'a b'; write 1...32 letters, digits, '-', '_' or '.'"),
    Golden(
      group("[\"eth0-1\"]"),
      "21:11: error: members has one; a group needs two virtual hosts that share their fate"),
    Golden(group("[]"), "21:11: error: members has none; a group needs two virtual hosts that share their fate"),
    Golden(
      group("\"eth0-1\""),
      "21:11: error: members must be an array, not a string; write members = [...], even for a single one"),
    Golden(
      group("[\"eth0-1\", 2]"),
      "21:22: error: a member must be a string, not an integer; write INTERFACE-VHID, as \"eth0-1\""),
    Golden(
      group("[\"eth0-1\", \"eth1-2\"]"), "21:22: error: there is no virtual host 'eth1-2'; did you mean 'eth1-1'?"),
    Golden(
      group("[\"eth0-1\", \"wlp0s20f3-20\"]"),
      """
      21:22: error: there is no virtual host 'wlp0s20f3-20'; write INTERFACE-VHID of one that is in this file, as\
       'eth0-1'
      """),
    Golden(
      group("[\"eth0-1\", \"eth1-1\", \"eth0-1\"]"),
      "21:32: error: 'eth0-1' is already a member of a group, at line 21, column 12; it can share only one fate"),
    Golden(
      group("[\"eth0-1\", \"eth1-1\"]") + "\n[[group]]\nname = \"h\"\nmembers = [\"lan-0-7\", \"eth1-1\"]",
      "24:23: error: 'eth1-1' is already a member of a group, at line 21, column 22; it can share only one fate"),
    Golden(
      file(
        Golden.host(vhid: "8", addresses: "[\"192.0.2.8/24\"]")
          + "[[group]]\nname = \"g\"\nmembers = [\"eth0-1\", \"eth1-1\"]\n"
          + "[[group]]\nname = \"g\"\nmembers = [\"lan-0-7\", \"eth0-8\"]"),
      "29:8: error: there is already a group 'g' at line 26, column 8; choose another name"),
    Golden(
      group("[\"eth0-1\", \"lan-0-7\"]", third: "advskew = 100"),
      """
      21:22: error: advskew of 'lan-0-7' is 100, that of 'eth0-1' 0; members of a group must have the same
      """),
    Golden(
      group("[\"eth0-1\", \"lan-0-7\"]", third: "preempt = true"),
      "21:22: error: preempt of 'lan-0-7' is true, that of 'eth0-1' false; members of a group must have the same"),
  ]

  @Test(arguments: groups) func groupErrors(golden: Golden) { golden.expectAlone() }

  /// One mistake makes one error: what the virtual host was to be called is not known.
  @Test func aVirtualHostWithAnErrorIsNotMissed() {
    let text = Golden.host() + Golden.host(vhid: "0", addresses: "[\"192.0.2.2/24\"]")
    let (_, diagnostics) = Golden.parse(text + "[[group]]\nname = \"g\"\nmembers = [\"eth0-1\", \"eth0-2\"]")
    #expect(diagnostics.count == 1)
  }

  /// A file full of members takes time in proportion.
  @Test func manyMembers() {
    let members = repeatElement("\"x\"", count: 100_000).joined(separator: ",")
    let (configuration, diagnostics) = Golden.parse(Self.group("[\(members)]"))
    #expect(configuration == nil && diagnostics.count <= 102)
  }
}

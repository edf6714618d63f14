import Testing

@testable import Configuration

/// hook.toml and check.toml, and the durations in them.
struct OperationsFileTests {
  @Test(arguments: [
    ("0s", 0), ("500ms", 500), ("30s", 30_000), ("10m", 600_000), ("1h30m", 5_400_000), ("1d", 86_400_000),
    ("1s500ms", 1500),
  ])
  func durations(text: String, expected: Int) {
    #expect(milliseconds(ofDuration: text) == expected)
    #expect(milliseconds(ofDuration: durationText(milliseconds: expected)) == expected)
  }

  @Test(arguments: [
    "", "5", "s", "5 s", "-5s", "5S", "1.5s", "5m1h", "5s5s", "366d", "999999999999d", "9999999999999s", "5s ", "5sm",
    "٣s",
  ])
  func noDurations(text: String) {
    #expect(milliseconds(ofDuration: text) == nil)
  }

  @Test func hooksAreRead() throws {
    let text = """
      jobs = 2
      targets = true
      gone-after = "10s"
      [[hook]]
      command = ["/bin/true"]
      [[hook]]
      command = ["/bin/echo", "a b", ""]
      on = ["MASTER", "conflict"]
      interface = "eth0"
      vhid = 7
      timeout = "2m"
      """
    let (read, diagnostics) = HookConfiguration.parse(Array(text.utf8), fileName: "f")
    #expect(diagnostics.isEmpty)
    let hooks = try #require(read)
    #expect(hooks.jobs == 2 && hooks.targets && hooks.goneAfter == 10_000)
    #expect(hooks.rules.first == HookConfiguration.Rule(command: ["/bin/true"]))
    let second = try #require(hooks.rules.last)
    #expect(second.command == ["/bin/echo", "a b", ""] && second.on == [.master, .conflict])
    #expect(second.interface == "eth0" && second.vhid == 7 && second.timeout == 120_000)
  }

  static let hookErrors: [Golden] = [
    Golden("[[hok]]", "1:3: error: unknown key 'hok'; did you mean 'hook'?"),
    Golden("jobs = 0", "1:8: error: jobs is 0; it must be within 1...64"),
    Golden(
      "[[hook]]",
      "1:1: error: this hook has no command; add command = [\"/usr/local/sbin/program\", \"argument\"]"),
    Golden(
      "[[hook]]\ncommand = \"a\"",
      "2:11: error: command must be an array, not a string; write command = [...], even for a single one"),
    Golden(
      "[[hook]]\ncommand = []", "2:11: error: command is empty; write [\"/usr/bin/program\", \"argument\"]"),
    Golden(
      "[[hook]]\ncommand = [\"a\\u0000\"]",
      "2:12: error: command must be strings; write [\"/usr/bin/program\", \"argument\"]"),
    Golden(
      "[[hook]]\ncommand = [\"a\"]\non = [\"MASTR\"]", "3:7: error: on is 'MASTR'; did you mean \"MASTER\"?"),
    Golden(
      "[[hook]]\ncommand = [\"a\"]\non = []",
      "3:6: error: on is empty, so this hook would never run; write on = [\"MASTER\"], or leave it out for all states"),
    Golden(
      "[[hook]]\ncommand = [\"a\"]\ntimeout = \"5\"",
      """
      3:11: error: timeout is '5'; write a number with its unit, as "500ms", "30s", "10m" or "1h30m"
      """),
    Golden(
      "[[hook]]\ncommand = [\"a\"]\ntimeout = \"50ms\"", "3:11: error: timeout is 50ms; it must be within 100ms...1d"),
    Golden("[[hook]]\ncommand = [\"a\"]\nvhid = 256", "3:8: error: vhid is 256; it must be within 1...255"),
  ]

  @Test(arguments: hookErrors) func hookMistakes(golden: Golden) {
    let (read, diagnostics) = HookConfiguration.parse(Array(golden.text.utf8), fileName: "f")
    #expect(read == nil)
    #expect(diagnostics.map(\.description) == ["f:" + golden.expected])
  }

  @Test func checksAreRead() throws {
    let text = """
      [[check]]
      name = "web"
      command = ["/bin/true"]
      interval = "10s"
      [[check]]
      name = "db.1"
      command = ["/bin/check", "-v"]
      interval = "1s"
      timeout = "500ms"
      rise = 5
      fall = 1
      demotion = 100
      on-error = "keep"
      """
    let (read, diagnostics) = CheckConfiguration.parse(Array(text.utf8), fileName: "f")
    #expect(diagnostics.isEmpty)
    let checks = try #require(read).checks
    var web = CheckConfiguration.Check(name: "web", command: ["/bin/true"])
    (web.interval, web.timeout) = (10_000, 10_000)
    var database = CheckConfiguration.Check(name: "db.1", command: ["/bin/check", "-v"])
    (database.interval, database.timeout, database.rise, database.fall) = (1000, 500, 5, 1)
    (database.demotion, database.onError) = (100, .keep)
    #expect(checks == [web, database])
  }

  static let checkErrors: [Golden] = [
    Golden("", "1:1: error: there is no check; add a [[check]] with name and command"),
    Golden(
      "[check]",
      "1:1: error: check must be an array of tables, not a table; write [[check]], with two brackets"),
    Golden(
      "[[check]]\nname = \"a\"",
      "1:1: error: this check has no command; add command = [\"/usr/local/bin/check-web\"]"),
    Golden(
      "[[check]]\nname = \"a b\"\ncommand = [\"c\"]",
      "2:8: error: name is 'a b'; write 1...64 letters, digits, '.', '_' or '-'"),
    Golden(
      "[[check]]\nname = \"a\"\ncommand = [\"c\"]\n[[check]]\nname = \"a\"\ncommand = [\"c\"]",
      "5:8: error: check 'a' is already there at line 2, column 8; give each its own name"),
    Golden(
      "[[check]]\nname = \"a\"\ncommand = [\"c\"]\nintervall = \"5s\"",
      "4:1: error: unknown key 'intervall'; did you mean 'interval'?"),
    Golden(
      "[[check]]\nname = \"a\"\ncommand = [\"c\"]\non-error = \"panic\"",
      "4:12: error: on-error is 'panic'; write one of \"fail\", \"ignore\", \"keep\""),
    Golden(
      "[[check]]\nname = \"a\"\ncommand = [\"c\"]\ndemotion = 241",
      "4:12: error: demotion is 241; it must be within 1...240"),
  ]

  @Test(arguments: checkErrors) func checkMistakes(golden: Golden) {
    let (read, diagnostics) = CheckConfiguration.parse(Array(golden.text.utf8), fileName: "f")
    #expect(read == nil)
    #expect(diagnostics.map(\.description) == ["f:" + golden.expected])
  }
}

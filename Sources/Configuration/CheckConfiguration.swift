/// What `carpctl check` does: commands that say whether this machine should be MASTER.
public struct CheckConfiguration: Equatable, Sendable {
  /// What it means that a check itself is broken: its program cannot be executed, takes too long, or dies by a signal.
  public enum OnError: String, CaseIterable, Sendable {
    /// The same as a failure.
    case fail
    /// The same as a success.
    case ignore
    /// Nothing: what was known before stays.
    case keep
  }

  /// One check, `[[check]]`.
  public struct Check: Equatable, Sendable {
    /// The name of its demotion: 1...64 letters, digits, '.', '_' or '-'.
    public var name: String
    /// The program and its arguments.
    public var command: [String]
    /// Milliseconds from one start to the next, 100...86,400,000.
    public var interval = 5_000
    /// Milliseconds that it may run, 100...86,400,000.
    public var timeout = 5_000
    /// Successes in a row that end a failure, 1...100.
    public var rise = 2
    /// Failures in a row that are needed, 1...100.
    public var fall = 3
    /// What is added to the advskew while it fails, 1...240.
    public var demotion = 240
    public var onError = OnError.fail

    public init(name: String, command: [String]) {
      self.name = name
      self.command = command
    }

    /// Whether `name` can be a check's name.
    public static func isName(_ name: String) -> Bool {
      (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { $0.isBareKeyCharacter || $0 == .dot }
    }
  }

  /// The limits of `Check.interval` and `Check.timeout`, in milliseconds.
  public static let periods = 100...86_400_000
  /// The limits of `Check.rise` and `Check.fall`.
  public static let counts = 1...100
  /// The limits of `Check.demotion`.
  public static let demotions = 1...240

  /// In the order of the file, one or more, no name twice.
  public var checks: [Check]

  public init(checks: [Check]) {
    self.checks = checks
  }

  /// Reads `check.toml`. Never traps, whatever the bytes are.
  ///
  /// - Returns: the diagnostics in the order of the file, and the configuration, which is nil exactly if one of them is
  ///   an error.
  public static func parse(
    _ bytes: [UInt8], fileName: String
  ) -> (configuration: CheckConfiguration?, diagnostics: [Diagnostic]) {
    let result = SchemaReader.read(bytes, fileName: fileName) { $0.checks($1) }
    return (result.value, result.diagnostics)
  }
}

extension SchemaReader {
  fileprivate mutating func checks(_ document: TOMLTable) -> CheckConfiguration {
    refuseUnknownKeys(in: document, of: "the file", known: ["check"])
    let tables = tables(
      document.entry("check"), atMost: 64,
      tooMany: "this is one check more than 64; let one command check several things")
    if document.entry("check") == nil {
      diagnostics.error("there is no check; add a [[check]] with name and command", at: .start)
    }
    var names: [String: Position] = [:]
    let checks = tables.map { (table, position) in
      let check = check(table, at: position)
      if let entry = table.entry("name") {
        if let earlier = names[check.name] {
          diagnostics.error(
            "check \(quoted(check.name)) is already there at \(earlier); give each its own name",
            at: entry.value.position)
        }
        names[check.name] = entry.value.position
      }
      return check
    }
    return CheckConfiguration(checks: checks)
  }

  private mutating func check(_ table: TOMLTable, at position: Position) -> CheckConfiguration.Check {
    refuseUnknownKeys(
      in: table, of: "[[check]]",
      known: ["name", "command", "interval", "timeout", "rise", "fall", "demotion", "on-error"])
    for (key, example) in [("name", "\"web\""), ("command", "[\"/usr/local/bin/check-web\"]")]
    where table.entry(key) == nil {
      diagnostics.error("this check has no \(key); add \(key) = \(example)", at: position)
    }
    var check = CheckConfiguration.Check(
      name: checkName(table.entry("name")) ?? "", command: command(table.entry("command")) ?? [])
    let periods = CheckConfiguration.periods
    if let interval = duration(table.entry("interval"), in: periods) { check.interval = interval }
    // A check that may take longer than its interval is most likely a mistake about units, but not a wrong one.
    check.timeout = duration(table.entry("timeout"), in: periods) ?? check.interval
    if let rise = integer(table.entry("rise"), in: CheckConfiguration.counts) { check.rise = rise }
    if let fall = integer(table.entry("fall"), in: CheckConfiguration.counts) { check.fall = fall }
    if let demotion = integer(table.entry("demotion"), in: CheckConfiguration.demotions) { check.demotion = demotion }
    if let entry = table.entry("on-error"), let choice: CheckConfiguration.OnError = word(entry.value, of: "on-error") {
      check.onError = choice
    }
    return check
  }

  private mutating func checkName(_ entry: TOMLEntry?) -> String? {
    guard let entry, let name = string(entry) else { return nil }
    guard CheckConfiguration.Check.isName(name) else {
      diagnostics.error(
        "name is \(quoted(name)); write 1...64 letters, digits, '.', '_' or '-'", at: entry.value.position)
      return nil
    }
    return name
  }
}

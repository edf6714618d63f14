/// What `carpctl hook` does: commands and the events that they are for.
public struct HookConfiguration: Equatable, Sendable {
  /// What a command may wait for: a state that a virtual host enters, or another kind of event.
  public enum Trigger: String, CaseIterable, Sendable {
    case master = "MASTER"
    case backup = "BACKUP"
    case initial = "INIT"
    case demotion, conflict, mismatch, silence, link, reload, administration
  }

  /// One command, `[[hook]]`.
  public struct Rule: Equatable, Sendable {
    /// The program and its arguments.
    public var command: [String]
    /// The three states by default.
    public var on: Set<Trigger> = [.master, .backup, .initial]
    /// Only events of this interface; nil for all.
    public var interface: String?
    /// Only events of this vhid, 1...255; nil for all.
    public var vhid: Int?
    /// Milliseconds that it may run, 100...86,400,000.
    public var timeout = 30_000

    public init(command: [String]) {
      self.command = command
    }
  }

  /// The limits of `Rule.timeout`, in milliseconds.
  public static let timeouts = 100...86_400_000
  /// The limits of `jobs`.
  public static let jobLimits = 1...64
  /// The limits of `goneAfter`, in milliseconds.
  public static let gonePeriods = 0...3_600_000

  /// Commands that run at once, at most; each virtual host has one at a time.
  public var jobs = 4
  /// Whether `carp-master@INTERFACE-VHID.target` is started and stopped.
  public var targets = false
  /// Milliseconds without a daemon after which its virtual hosts count as INIT.
  public var goneAfter = 5_000
  /// In the order of the file.
  public var rules: [Rule] = []

  public init() {}

  /// Reads `hook.toml`. Never traps, whatever the bytes are.
  ///
  /// - Returns: the diagnostics in the order of the file, and the configuration, which is nil exactly if one of them is
  ///   an error.
  public static func parse(
    _ bytes: [UInt8], fileName: String
  ) -> (configuration: HookConfiguration?, diagnostics: [Diagnostic]) {
    let result = SchemaReader.read(bytes, fileName: fileName) { $0.hooks($1) }
    return (result.value, result.diagnostics)
  }
}

extension SchemaReader {
  fileprivate mutating func hooks(_ document: TOMLTable) -> HookConfiguration {
    refuseUnknownKeys(in: document, of: "the file", known: ["jobs", "targets", "gone-after", "hook"])
    var hooks = HookConfiguration()
    if let jobs = integer(document.entry("jobs"), in: HookConfiguration.jobLimits) { hooks.jobs = jobs }
    if let targets = boolean(document.entry("targets")) { hooks.targets = targets }
    if let period = duration(document.entry("gone-after"), in: HookConfiguration.gonePeriods) {
      hooks.goneAfter = period
    }
    let tables = tables(
      document.entry("hook"), atMost: 64, tooMany: "this is one hook more than 64; let one command do several things")
    hooks.rules = tables.compactMap { hook($0.table, at: $0.position) }
    return hooks
  }

  private mutating func hook(_ table: TOMLTable, at position: Position) -> HookConfiguration.Rule? {
    refuseUnknownKeys(in: table, of: "[[hook]]", known: ["command", "on", "interface", "vhid", "timeout"])
    if table.entry("command") == nil {
      diagnostics.error(
        "this hook has no command; add command = [\"/usr/local/sbin/program\", \"argument\"]", at: position)
    }
    var rule = HookConfiguration.Rule(command: command(table.entry("command")) ?? [])
    if let triggers = triggers(table.entry("on")) { rule.on = triggers }
    rule.interface = interfaceName(table.entry("interface"))
    rule.vhid = integer(table.entry("vhid"), in: 1...255)
    if let timeout = duration(table.entry("timeout"), in: HookConfiguration.timeouts) { rule.timeout = timeout }
    return rule
  }

  private mutating func triggers(_ entry: TOMLEntry?) -> Set<HookConfiguration.Trigger>? {
    guard let entry, let elements = array(entry) else { return nil }
    if elements.isEmpty {
      diagnostics.error(
        "on is empty, so this hook would never run; write on = [\"MASTER\"], or leave it out for all states",
        at: entry.value.position)
    }
    return Set(elements.compactMap { word($0, of: "on") })
  }
}

import ArgumentParser
import Configuration
import Glibc
import Linux
import Operations

/// `carpctl hook`.
struct Hook: ParsableCommand {
  private static let file = "/etc/carpd/hook.toml"

  static let configuration = CommandConfiguration(
    abstract: "Run commands when a virtual host changes its state.",
    discussion: "Runs until it is told to end. With a COMMAND that one, else those of \(file). The command learns from "
      + "CARP_INTERFACE, CARP_VHID, CARP_STATE, CARP_OLD_STATE, CARP_REASON and others what happened: see carpctl(8).")

  @ParentCommand var parent: Carpctl

  @Option(help: ArgumentHelp("Read the commands from this file.", valueName: "file"), completion: .file())
  var config: String?
  @Flag(help: "Start carp-master@INTERFACE-VHID.target when it becomes MASTER here, and stop it when it no longer is.")
  var targets = false
  @Option(
    name: .customLong("on"),
    help: ArgumentHelp("What COMMAND is for, once for each; MASTER, BACKUP, INIT if not given.", valueName: "event"))
  var triggers: [HookConfiguration.Trigger] = []
  @Option(help: ArgumentHelp("Only this vhid.", valueName: "number"))
  var vhid: Int?
  @Option(help: ArgumentHelp("Only this interface.", valueName: "name"))
  var interface: String?
  @Option(help: ArgumentHelp("How long COMMAND may run before it is killed.", valueName: "duration"))
  var timeout = DurationArgument(milliseconds: 30_000)
  @Option(help: ArgumentHelp("How many commands may run at once.", valueName: "number"))
  var jobs: Int?
  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  mutating func validate() throws {
    command = try command.asCommand(of: Self.self)
    if !command.isEmpty && config != nil { throw ValidationError("--config and a command exclude each other") }
    if command.isEmpty && (!triggers.isEmpty || vhid != nil || interface != nil) {
      throw ValidationError("--on, --vhid and --interface go with a command; in a file they are keys of [[hook]]")
    }
    if let vhid, !(1...255).contains(vhid) { throw ValidationError("--vhid takes 1 to 255") }
    if let jobs, !HookConfiguration.jobLimits.contains(jobs) { throw ValidationError("--jobs takes 1 to 64") }
    if !HookConfiguration.timeouts.contains(timeout.inMilliseconds) {
      throw ValidationError("--timeout takes 100ms to 1d")
    }
  }

  func run() throws {
    try reporting { () throws(Failure) in
      var hooks = try configured()
      if targets { hooks.targets = true }
      if let jobs { hooks.jobs = jobs }
      if hooks.rules.isEmpty && !hooks.targets {
        throw Failure(message: "there is nothing to do; give a command, --targets, or a file with [[hook]]", status: 64)
      }
      let path = parent.socket
      try runUntilTold { loop throws(Errno) in
        let program = HookProgram(
          hooks, path: path, environment: ConfigurationFile.environment(), loop: loop, log: ProgramLog())
        program.start()
        return program.end
      }
    }
  }

  private func configured() throws(Failure) -> HookConfiguration {
    guard command.isEmpty else {
      var hooks = HookConfiguration()
      var rule = HookConfiguration.Rule(command: command)
      if !triggers.isEmpty { rule.on = Set(triggers) }
      (rule.interface, rule.vhid, rule.timeout) = (interface, vhid, timeout.inMilliseconds)
      hooks.rules = [rule]
      return hooks
    }
    let path = config ?? Self.file
    guard let content = try ConfigurationFile.content(of: path, mayBeMissing: targets) else {
      return HookConfiguration()
    }
    return try ConfigurationFile.checked(HookConfiguration.parse(content, fileName: path))
  }
}

/// Runs an event loop until SIGTERM, SIGINT or SIGHUP; then what `start` returned is called, which calls back when all
/// is over.
func runUntilTold(
  _ start: (EventLoop) throws(Errno) -> (@escaping () -> Void) -> Void
) throws(Failure) {
  do throws(Errno) {
    let loop = EventLoop()
    var end: (@escaping () -> Void) -> Void = { $0() }
    let signals = try Signals([SIGTERM, SIGINT, SIGHUP], loop: loop) { _ in end { loop.stop() } }
    end = try start(loop)
    try loop.run()
    withExtendedLifetime((signals, end)) {}
  } catch {
    throw .system("cannot run", error)
  }
}

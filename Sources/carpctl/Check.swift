import ArgumentParser
import Configuration
import Glibc
import Linux
import Operations

/// `carpctl check`.
struct Check: ParsableCommand {
  private static let file = "/etc/carpd/check.toml"

  static let configuration = CommandConfiguration(
    abstract: "Run health checks, and demote this machine while they fail.",
    discussion: "Runs until it is told to end. With a COMMAND that one, else those of \(file). A check fails if its "
      + "exit status is not 0. The demotions end with this process. Its user must be allowed to demote: root, or a "
      + "member of the group that carpd.toml names as admin-group.")

  @ParentCommand var parent: Carpctl

  @Option(help: ArgumentHelp("Read the checks from this file.", valueName: "file"), completion: .file())
  var config: String?
  @Option(help: ArgumentHelp("The name of the demotion.", valueName: "name"))
  var name = "check"
  @Option(help: ArgumentHelp("From one start of COMMAND to the next.", valueName: "duration"))
  var interval = DurationArgument(milliseconds: 5_000)
  @Option(
    help: ArgumentHelp("How long it may run before it is killed; the interval if not given.", valueName: "duration"))
  var timeout: DurationArgument?
  @Option(help: ArgumentHelp("Successes in a row that end a failure.", valueName: "number"))
  var rise = 2
  @Option(help: ArgumentHelp("Failures in a row that make one.", valueName: "number"))
  var fall = 3
  @Option(help: ArgumentHelp("What is added to the advskew while it fails, 1 to 240.", valueName: "number"))
  var demotion = 240
  @Option(
    help: ArgumentHelp(
      "What it means if COMMAND cannot be executed, takes too long or dies by a signal: fail, ignore or keep.",
      valueName: "meaning"))
  var onError = CheckConfiguration.OnError.fail
  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  mutating func validate() throws {
    command = try command.asCommand(of: Self.self)
    if !command.isEmpty && config != nil { throw ValidationError("--config and a command exclude each other") }
    if !CheckConfiguration.Check.isName(name) {
      throw ValidationError("--name takes 1 to 64 letters, digits, '.', '_' or '-'")
    }
    for period in [interval, timeout ?? interval] where !CheckConfiguration.periods.contains(period.inMilliseconds) {
      throw ValidationError("--interval and --timeout take 100ms to 1d")
    }
    for count in [rise, fall] where !CheckConfiguration.counts.contains(count) {
      throw ValidationError("--rise and --fall take 1 to 100")
    }
    if !CheckConfiguration.demotions.contains(demotion) { throw ValidationError("--demotion takes 1 to 240") }
  }

  func run() throws {
    try reporting { () throws(Failure) in
      let checks = try configured()
      let path = parent.socket
      var failure: Failure?
      try runUntilTold { loop throws(Errno) in
        var end: (@escaping () -> Void) -> Void = { $0() }
        let program = CheckProgram(
          checks, path: path, environment: ConfigurationFile.environment(), loop: loop, log: ProgramLog()
        ) { refusal in
          failure = .refused(refusal)
          end { loop.stop() }
        }
        end = program.end
        program.start()
        return end
      }
      if let failure { throw failure }
    }
  }

  private func configured() throws(Failure) -> CheckConfiguration {
    guard command.isEmpty else {
      var check = CheckConfiguration.Check(name: name, command: command)
      (check.interval, check.timeout) = (interval.inMilliseconds, (timeout ?? interval).inMilliseconds)
      (check.rise, check.fall, check.demotion, check.onError) = (rise, fall, demotion, onError)
      return CheckConfiguration(checks: [check])
    }
    let path = config ?? Self.file
    let content = try ConfigurationFile.content(of: path, mayBeMissing: false) ?? []
    return try ConfigurationFile.checked(CheckConfiguration.parse(content, fileName: path))
  }
}

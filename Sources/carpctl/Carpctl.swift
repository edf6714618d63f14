import ArgumentParser
import Control

/// The administrator's program: asks the daemon by its control socket, and acts upon what it tells.
@main
struct Carpctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "carpctl", abstract: "Look at carpd, tell it what to do, and act upon its events.",
    discussion: "Exit status: 0 done, 1 refused, 64 wrong arguments, 69 no carpd there, 77 not allowed, 78 wrong "
      + "configuration; all are in carpctl(8).",
    version: carpdVersion,
    groupedSubcommands: [
      CommandGroup(
        name: "Look:",
        subcommands: [Show.self, Watch.self, Peers.self, Counters.self, Events.self, AuditCommand.self]),
      CommandGroup(
        name: "Administer:",
        subcommands: [
          Demote.self, Undemote.self, Maintenance.self, Promote.self, Yield.self, Reload.self, SetLogLevel.self,
        ]),
      CommandGroup(name: "Run beside carpd:", subcommands: [Hook.self, Check.self]),
      CommandGroup(name: "Shells:", subcommands: [Completions.self]),
    ])

  @Option(help: ArgumentHelp("The control socket of the daemon.", valueName: "path"), completion: .file())
  var socket = "/run/carpd/control.sock"

  /// Calls a method of the daemon.
  func call<Request: ControlRequest>(_ request: Request, patience: Int = DaemonConnection.patience) throws(Failure)
    -> Request.Reply
  {
    try DaemonConnection(path: socket, patience: patience).call(request)
  }

  /// Prints what carpctl prints as JSON: names with hyphens, sorted.
  func printJSON(_ value: some Encodable) throws(Failure) {
    do throws(ClientError) { print(try hyphenatedJSON(value)) } catch { throw .unintelligible(socket) }
  }
}

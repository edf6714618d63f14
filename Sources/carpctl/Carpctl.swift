import ArgumentParser
import Control

/// The administrator's program: asks the daemon by its control socket.
@main
struct Carpctl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "carpctl", abstract: "Look at carpd's virtual hosts and at its audit log.", version: carpdVersion,
    subcommands: [Show.self, AuditCommand.self])

  @Option(help: ArgumentHelp("The control socket of the daemon.", valueName: "path"))
  var socket = "/run/carpd/control.sock"
}

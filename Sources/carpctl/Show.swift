import ArgumentParser
import Control
import Linux

/// `carpctl show`.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show virtual hosts, their states and addresses.",
    discussion: "Prints, per interface, lines in the form of FreeBSD's ifconfig.")

  @ParentCommand var parent: Carpctl

  @Flag(help: "Print a table: one line for each virtual host, then demotions and warnings.")
  var table = false
  @Flag(help: "Print everything as JSON.")
  var json = false

  func validate() throws {
    if table && json { throw ValidationError("--table and --json exclude each other") }
  }

  func run() throws {
    try reporting { () throws(Failure) in
      let reply = try parent.call(ShowRequest())
      if json {
        try parent.printJSON(reply)
      } else if table {
        let terminal = Terminal.output
        let table = StateTable(
          reply, now: EventLoop.wallClock(), width: terminal.width, hasColour: terminal.hasColour)
        print(table.text, terminator: "")
      } else {
        print(reply.text, terminator: "")
      }
    }
  }
}

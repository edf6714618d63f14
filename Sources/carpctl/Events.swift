import ArgumentParser
import Control

/// `carpctl events`.
struct Events: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what happened: the last 1000 events.",
    discussion: "Each line has number, time (UTC) and what happened. `carpctl watch` goes on from there.")

  @ParentCommand var parent: Carpctl

  @Option(help: ArgumentHelp("Only events with a number above this.", valueName: "number"))
  var since = 0
  @Flag(help: "Print everything as JSON.")
  var json = false

  func validate() throws {
    if since < 0 { throw ValidationError("--since takes a number from 0 on") }
  }

  func run() throws {
    try reporting { () throws(Failure) in
      let reply = try parent.call(EventsRequest(since: since))
      if json { return try parent.printJSON(reply) }
      if since > 0, reply.first > since + 1 { print("events up to \(reply.first - 1) are no longer kept") }
      for event in reply.events { print(event.line) }
    }
  }
}

extension EventReport {
  /// Number, time and text.
  var line: String { "\(number) \(time) \(text)" }
}

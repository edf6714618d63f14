import ArgumentParser
import Control

/// `carpctl audit head`.
struct AuditHead: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "head", abstract: "Ask the running carpd for the end of the audit log.",
    discussion: "Prints NUMBER:HASH of the last record, as `carpctl audit verify --anchor` takes it. The exit status "
      + "is 1 if the log is not being written.")

  @ParentCommand var parent: AuditCommand

  @Flag(help: "Print everything as JSON.")
  var json = false

  func run() throws {
    try reporting { () throws(Failure) in
      let reply = try parent.parent.call(AuditHeadRequest())
      if json { try parent.parent.printJSON(reply) } else { print("\(reply.sequence):\(reply.hash)") }
      if !reply.working {
        throw Failure(
          message: "the audit log is not being written; see `journalctl -u carpd` and the space on its disk", status: 1)
      }
    }
  }
}

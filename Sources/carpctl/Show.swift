import ArgumentParser
import Control

/// `carpctl show`.
struct Show: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show virtual hosts, their states and addresses.",
    discussion: "Prints, per interface, lines in the form of FreeBSD's ifconfig.")

  @ParentCommand var parent: Carpctl

  @Flag(help: "Print everything as JSON.")
  var json = false

  func run() throws {
    do throws(Failure) {
      let reply = try DaemonConnection(path: parent.socket).call(ShowRequest())
      print(json ? try encoded(reply) : reply.text, terminator: json ? "\n" : "")
    } catch {
      error.report()
      throw ExitCode(error.status)
    }
  }

  private func encoded(_ reply: ShowReply) throws(Failure) -> String {
    do throws(ClientError) { return try reply.json() } catch { throw .unintelligible(parent.socket) }
  }
}

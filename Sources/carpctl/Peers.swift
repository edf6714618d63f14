import ArgumentParser
import Control
import Linux

/// `carpctl peers`.
struct Peers: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the other machines that were heard.",
    discussion: "advbase and advskew are as announced: the advskew with the other machine's demotion in it. What a "
      + "machine announces whose advertisements do not verify is hearsay.")

  @ParentCommand var parent: Carpctl

  @Flag(help: "Print everything as JSON.")
  var json = false

  func run() throws {
    try reporting { () throws(Failure) in
      let reply = try parent.call(PeersRequest())
      if json { return try parent.printJSON(reply) }
      if reply.peers.isEmpty { return print("no other machine was heard") }
      let now = EventLoop.wallClock()
      let rows = reply.peers.map { peer in
        let notes = (peer.master ? ["master"] : []) + (peer.verified ? [] : ["does not verify"])
        return [
          "\(peer.interface)-\(peer.vhid)", peer.source, "\(peer.advbase)", "\(peer.advskew)", "\(peer.demotion)",
          age(of: peer.lastSeen, now: now), notes.isEmpty ? "-" : notes.joined(separator: ", "),
        ]
      }
      let heads = ["HOST", "SOURCE", "ADVBASE", "ADVSKEW", "DEMOTION", "SEEN", "NOTE"]
      print(Table(heads: heads, rows: rows).text(width: Terminal.output.width), terminator: "")
    }
  }
}

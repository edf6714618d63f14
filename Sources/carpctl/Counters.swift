import ArgumentParser
import Control

/// `carpctl counters`.
struct Counters: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the packet counters of each interface.",
    discussion: "In the words of FreeBSD's netstat -s -p carp.")

  @ParentCommand var parent: Carpctl

  @Flag(help: "Print everything as JSON.")
  var json = false

  func run() throws {
    try reporting { () throws(Failure) in
      let reply = try parent.call(CountersRequest())
      if json { return try parent.printJSON(reply) }
      for interface in reply.interfaces { print("\(interface.name):\n\(interface.counters.text)", terminator: "") }
    }
  }
}

extension CounterValues {
  fileprivate var text: String {
    let lines: [(Int, UInt64, String)] = [
      (1, ipackets, "packets received (IPv4)"), (1, ipackets6, "packets received (IPv6)"),
      (2, badttl, "discarded for wrong TTL"), (2, hdrops, "shorter than header"),
      (2, badsum, "discarded for bad checksums"), (2, badver, "discarded with a bad version"),
      (2, badlen, "discarded because too short"), (2, badauth, "discarded for bad authentication"),
      (2, badvhid, "discarded for bad vhid"), (2, badif, "received on an interface without vhid"),
      (2, overflow, "lost, as the kernel had no room for them"), (2, looped, "own ones that came back"),
      (1, opackets, "packets sent (IPv4)"), (1, opackets6, "packets sent (IPv6)"),
    ]
    return lines.map { indent, number, words in
      "\(String(repeating: "\t", count: indent))\(number) \(words)\n"
    }.joined()
  }
}

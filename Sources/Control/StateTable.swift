/// What `carpctl show --table` and `carpctl watch` print: a line for each virtual host, then what is out of the ordinary.
public struct StateTable {
  private let reply: ShowReply
  private let now: UInt64
  private let width: Int?
  private let hasColour: Bool

  /// - Parameters:
  ///   - now: nanoseconds since 1970.
  ///   - width: characters of a line; nil for as many as there are.
  public init(_ reply: ShowReply, now: UInt64, width: Int?, hasColour: Bool) {
    self.reply = reply
    self.now = now
    self.width = width
    self.hasColour = hasColour
  }

  /// The lines, with a newline behind each.
  public var text: String { table + (notes.isEmpty ? "" : "\n" + notes.map { "\($0)\n" }.joined()) }

  private var table: String {
    let heads = ["HOST", "STATE", "ADV", "DEMOTION", "SINCE", "MASTER", "ADDRESSES"]
    let rows = reply.virtualHosts.map { host in
      [
        "\(host.interface)-\(host.vhid)", host.state, "\(host.advbase)/\(host.advskew)", "\(host.demotion)",
        age(of: host.since, now: now), host.state == "MASTER" ? "this one" : host.master.isEmpty ? "-" : host.master,
        host.addresses.joined(separator: " "),
      ]
    }
    if rows.isEmpty { return "no virtual host is configured\n" }
    return Table(heads: heads, rows: rows).text(width: width) { row, column, cell in
      guard hasColour else { return cell }
      if row == 0 { return "\u{1B}[1m\(cell)\u{1B}[0m" }
      guard column == 1, let colour = Self.colours[cell] else { return cell }
      return "\u{1B}[\(colour)m\(cell)\u{1B}[0m"
    }
  }

  /// Green, yellow and red; they are told apart by their words too.
  private static let colours = ["MASTER": 32, "BACKUP": 33, "INIT": 31]

  private var notes: [String] {
    var notes: [String] = []
    if reply.daemon.maintenance { notes.append("maintenance is on; carpctl maintenance off ends it") }
    for demotion in reply.daemon.demotions {
      let expiry = demotion.expires.map { ", until \($0)" } ?? ""
      let held = demotion.held ? ", as long as it is held" : ""
      let reason = demotion.reason.isEmpty ? "" : ": \(demotion.reason)"
      notes.append("demotion \(demotion.value) by \(demotion.name) (\(demotion.owner)\(expiry)\(held))\(reason)")
    }
    for interface in reply.interfaces where interface.state != "up" {
      notes.append("\(interface.name) is \(interface.state)")
    }
    for host in reply.virtualHosts {
      let name = "\(host.interface)-\(host.vhid)"
      if let group = host.group { notes.append("\(name) shares the fate of group \(group)") }
      if let until = host.transitionUntil {
        notes.append("\(name) accepts the former configuration too until \(until)")
      }
      notes += host.warnings.map { "\(name): \($0)" }
    }
    return notes
  }
}

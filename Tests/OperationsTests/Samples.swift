import Control
import Operations

/// Values that several tests need.
enum Samples {
  static func status(_ vhid: Int = 1, _ state: String, interface: String = "eth0") -> VirtualHostStatus {
    var status = VirtualHostStatus()
    (status.interface, status.vhid, status.state) = (interface, vhid, state)
    status.since = "2026-11-22T10:00:00Z"
    return status
  }

  static func snapshot(_ hosts: [VirtualHostStatus], event: Int = 0) -> WatchReply {
    var daemon = DaemonStatus()
    daemon.event = event
    return WatchReply(snapshot: ShowReply(virtualHosts: hosts, interfaces: [], daemon: daemon))
  }

  static func transition(
    _ number: Int, _ from: String, _ to: String, vhid: Int = 1, interface: String = "eth0"
  ) -> EventReport {
    var event = EventReport(.transition, reason: "test", text: "\(from) -> \(to)")
    (event.number, event.interface, event.vhid, event.from, event.to) = (number, interface, vhid, from, to)
    return event
  }

  static func event(_ kind: EventKind, _ number: Int, vhid: Int? = nil) -> EventReport {
    var event = EventReport(kind, reason: "test", text: "\(kind) \(number)")
    event.number = number
    if let vhid { (event.interface, event.vhid) = ("eth0", vhid) }
    return event
  }
}

import CARP
import Channel
import Control
import Election
import Linux

// What the control socket shows of the engine.
extension Engine {
  func snapshot() -> ShowReply {
    let now = EventLoop.now()
    let wallClock = EventLoop.wallClock()
    var daemon = DaemonStatus()
    daemon.demotion = demotion
    daemon.lateTimers = UInt64(lateTimers)
    daemon.generation = Int(generation)
    daemon.demotions = demotionStatus(now: now, wallClock: wallClock)
    daemon.maintenance = isInMaintenance
    daemon.boot = eventLog.boot
    daemon.event = eventLog.last
    return ShowReply(
      virtualHosts: groups.map { status(of: $0, now: now, wallClock: wallClock) },
      interfaces: interfaceStatus(), daemon: daemon)
  }

  func interfaceStatus() -> [InterfaceStatus] {
    interfaces.values.sorted { $0.index < $1.index }.map(status)
  }

  /// The other machines of all virtual hosts.
  func peerStatus() -> [PeerStatus] {
    let now = EventLoop.now()
    let wallClock = EventLoop.wallClock()
    return groups.flatMap { group in
      group.peers.peers.map { status(of: $0, on: group, now: now, wallClock: wallClock) }
    }
  }

  private func status(of peer: PeerTable.Peer, on group: Group, now: UInt64, wallClock: UInt64) -> PeerStatus {
    var status = PeerStatus()
    status.interface = group.host.interfaceName
    status.vhid = Int(group.host.parameters.vhid)
    status.source = peer.source.description
    status.advbase = Int(peer.advbase)
    status.advskew = Int(peer.advskew)
    status.demotion = Int(peer.demotion)
    status.lastSeen = timestamp(nanoseconds: wallClock - min(wallClock, now - min(now, peer.lastSeen)))
    status.verified = peer.isVerified
    status.master = peer.isVerified && peer.source == group.election.lastMaster
    return status
  }

  private func status(of group: Group, now: UInt64, wallClock: UInt64) -> VirtualHostStatus {
    let host = group.host
    let election = group.election
    // The state INIT that a group begins with was not entered at any moment.
    let age = election.transitions == 0 ? 0 : now - min(now, election.since.nanoseconds)
    var status = VirtualHostStatus()
    status.interface = host.interfaceName
    status.vhid = Int(host.parameters.vhid)
    status.state = election.state.description
    status.advbase = Int(host.parameters.advbase)
    status.advskew = Int(host.parameters.advskew)
    status.demotion = demotion
    status.addresses = host.addresses.map { "\($0.address)/\($0.prefix)" }
    status.since = timestamp(nanoseconds: wallClock - min(wallClock, age))
    status.reason = election.lastReason?.text ?? ""
    status.preempt = host.parameters.preempt
    status.mac = host.mac == .virtual ? "virtual" : "interface"
    status.peers = host.peers.map(\.description)
    status.peerMismatch = election.isPeerMismatch
    status.master = election.lastMaster?.description ?? ""
    status.silentFamilies = group.silentFamilies.sorted { $0.rawValue < $1.rawValue }.map(\.description)
    status.lease = Int(host.lease)
    status.transitions = Int(clamping: election.transitions)
    status.transitionUntil = group.digests.transitionEnd(at: now).map {
      timestamp(nanoseconds: wallClock &+ $0 &- now)
    }
    status.group = host.fate.isEmpty ? nil : host.fate
    return status
  }

  private func status(of interface: Interface) -> InterfaceStatus {
    var status = InterfaceStatus()
    status.name = interface.name
    status.state = (interface.condition ?? .absent).word
    status.source4 = interface.sources[.ipv4]?.description ?? ""
    status.source6 = interface.sources[.ipv6]?.description ?? ""
    status.counters = interface.counters
    return status
  }
}

extension LinkCondition {
  /// The word in `show`.
  var word: String { hyphenated("\(self)") }
}

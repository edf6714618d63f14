import CARP
import Channel
import Control
import Election
import Linux

// Packets from the network: the only bytes in carpd that a stranger wrote, besides the control socket's.
extension Engine {
  /// What a socket of an interface received.
  func receive(_ frame: Frame) {
    guard let interface = interfaces[frame.interface] else { return }
    interface.counters.overflow &+= UInt64(frame.lost)
    if frame.kind == .foreign { return awaitForeignFrame(frame, interface) }
    guard let packet = ReceivedPacket(frame) else { return }
    receive(packet, from: CARP.Address(frame.source), interface)
  }

  /// One packet of protocol 112. Those of both sockets take the same way; the kernel's filter is no authority here.
  private func receive(_ packet: ReceivedPacket, from source: CARP.Address, _ interface: Interface) {
    interface.counters.received(source.family)
    do throws(Rejection) {
      let advertisement = try Advertisement.decode(packet.bytes, length: packet.length, ttl: packet.ttl) {
        interface.transport(vhid: $0, family: source.family)
      }
      guard let group = interface.groups[advertisement.vhid] else { throw .badvhid }
      try receive(advertisement, of: group, from: source)
    } catch {
      interface.counters.rejected(error)
      noteRejected(error, packet, interface, from: source)
    }
  }

  /// Somebody else's frame with a virtual MAC address of ours has just taught the switch a wrong port. It counts 10 ms
  /// later: a new master's announcement comes with its advertisement, to which the election yields within a moment.
  private func awaitForeignFrame(_ frame: Frame, _ interface: Interface) {
    // The last byte of the source address in the Ethernet header.
    guard frame.bytes.count >= 14 else { return }
    let vhid = frame.bytes[11]
    loop.after(milliseconds: 10) { [weak self, weak interface] in
      guard let self, let group = interface?.groups[vhid], group.election.state == .master else { return }
      recordForeignFrame(of: group)
      post(.foreignFrame, to: group)
      settle()
      rearm()
    }
  }

  private func receive(
    _ advertisement: Advertisement, of group: Group, from source: CARP.Address
  ) throws(Rejection) {
    if group.isEcho(advertisement, from: source) { return noteLooped(group) }
    let now = EventLoop.now()
    let isVerified = group.digests.verifies(advertisement, at: now)
    group.peers.heard(advertisement, from: source, isVerified: isVerified, now: now)
    guard isVerified else {
      group.unverifiedSource = source
      post(.unverified(from: source), to: group)
      throw .badauth
    }
    group.counters.adopt(advertisement.counter)
    post(.advertisement(advertisement, from: source), to: group)
  }

  private func noteLooped(_ group: Group) {
    let interface = group.interface
    interface.counters.looped &+= 1
    let now = EventLoop.now()
    if let last = interface.lastLoopNote, now - last < 60_000_000_000 { return }
    interface.lastLoopNote = now
    note(.looped, group)
  }

  private func noteRejected(
    _ rejection: Rejection, _ packet: ReceivedPacket, _ interface: Interface, from source: CARP.Address
  ) {
    // The first two bytes are version and id in CARP and in VRRP, as far as they are there.
    let group = packet.bytes.count >= 2 ? interface.groups[packet.bytes[1]] : nil
    let new: FoldedNotes.PacketNote
    if let group, packet.bytes[0] >> 4 == 3 {
      let text = NoteText.foreignProtocol(version: 3, id: group.host.parameters.vhid, source: source)
      new = .init(text: text, group: group, interface: interface)
    } else {
      // Other groups may live on the same link.
      if rejection == .badvhid { return }
      let isGroups = [.badauth, .badver, .badttl].contains(rejection)
      let text = NoteText.rejected(rejection, source: source, count: 1)
      new = .init(text: text, group: isGroups ? group : nil, interface: interface)
    }
    guard let note = notes.take(new, now: EventLoop.now()) else { return }
    if let group, case .foreignProtocol = note.text { recordForeignProtocol(on: group, from: source) }
    self.note(note.text, note.group, on: note.interface)
  }
}

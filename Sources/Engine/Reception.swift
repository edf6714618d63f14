import CARP
import Channel
import Control
import Election
import Linux

// Packets from the network: the only bytes in carpd that a stranger wrote, besides the control socket's.
extension Engine {
  /// One packet of protocol 112. Those of both sockets take the same way; the kernel's filter is no authority here.
  func receive(_ frame: Frame) {
    guard let interface = interfaces[frame.interface] else { return }
    let family = CARP.Family(frame.family)
    interface.counters.received(family)
    let source = CARP.Address(frame.source)
    guard source.family == family else { return }
    do throws(Rejection) {
      let advertisement = try Advertisement.decode(
        frame.bytes, length: Int(frame.length), ttl: frame.ttl
      ) { interface.transport(vhid: $0, family: family) }
      guard let group = interface.groups[advertisement.vhid] else { throw .badvhid }
      try receive(advertisement, of: group, from: source)
    } catch {
      interface.counters.rejected(error)
      noteRejected(error, frame, interface, from: source)
    }
  }

  private func receive(
    _ advertisement: Advertisement, of group: Group, from source: CARP.Address
  ) throws(Rejection) {
    if group.isEcho(advertisement, from: source) { return noteLooped(group, from: source) }
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

  private func noteLooped(_ group: Group, from source: CARP.Address) {
    let interface = group.interface
    interface.counters.looped &+= 1
    let now = EventLoop.now()
    if let last = interface.lastLoopNote, now - last < 60_000_000_000 { return }
    interface.lastLoopNote = now
    note(.looped, group, a: 0, b: 0, from: source)
  }

  private func noteRejected(_ rejection: Rejection, _ frame: Frame, _ interface: Interface, from source: CARP.Address) {
    var note = Note()
    note.interface = interface.index
    note.address = frame.source
    // The first two bytes are version and id in CARP and in VRRP, as far as they are there.
    let group = frame.bytes.count >= 2 ? interface.groups[frame.bytes[1]] : nil
    if let group, frame.bytes[0] >> 4 == 3 {
      note.code = .foreignProtocol
      note.group = group.index
      note.a = 3
      note.b = UInt32(group.host.parameters.vhid)
    } else {
      // Other groups may live on the same link.
      if rejection == .badvhid { return }
      note.code = .rejected
      note.a = UInt32(rejection.rawValue)
      if let group, [.badauth, .badver, .badttl].contains(rejection) { note.group = group.index }
    }
    guard let note = notes.take(note, now: EventLoop.now()) else { return }
    if let group, note.code == .foreignProtocol { recordForeignProtocol(on: group, from: source) }
    channel.send(.note(note))
  }
}

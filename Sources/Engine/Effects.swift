import CARP
import Channel
import Election
import Linux

// What an election asks for becomes a request to the supervisor.
extension Engine {
  func perform(_ effects: [Effect], of group: Group) {
    for effect in effects { perform(effect, of: group) }
  }

  private func perform(_ effect: Effect, of group: Group) {
    switch effect {
    case .acquire: group.acquireRequest = channel.send(.acquire(group: group.index))
    case .release: channel.send(.release(group: group.index))
    case .bowOut: channel.send(.bowOut(group: group.index))
    case .announce: channel.send(.announce(group: group.index))
    case .advertise(let advbase, let advskew, let demotion):
      for family in group.families {
        advertise(group, family, advbase: advbase, advskew: advskew, demotion: demotion)
      }
    case .transition(let from, let to, let reason):
      if to == .master { deposits.owe(group, full: true) }
      recordTransition(of: group, from: from, to: to, reason)
      note(.transition, group, a: UInt32(from.rawValue) << 8 | UInt32(to.rawValue), b: UInt32(reason.rawValue))
    case .peerMismatch(let begins):
      recordPeerMismatch(of: group, begins: begins)
      note(.peerMismatch, group, a: begins ? 1 : 0, b: 0, from: group.unverifiedSource)
    case .familySilent(let family, let isSilent):
      if isSilent { group.silentFamilies.insert(family) } else { group.silentFamilies.remove(family) }
      recordSilence(of: family, in: group, begins: isSilent)
      note(.familySilent, group, a: UInt32(family.rawValue), b: isSilent ? 1 : 0)
    case .fellows(let event):
      for fellow in fellows(of: group) where fellow !== group { post(event, to: fellow) }
    case .demote(let cause, let begins): demote(cause, begins, of: group)
    }
  }

  private func advertise(_ group: Group, _ family: CARP.Family, advbase: UInt8, advskew: UInt8, demotion: UInt8) {
    let counter = group.counters.next()
    guard let digest = group.digests.signer(at: EventLoop.now()).digest(counter: counter),
      let wireDigest = Channel.Digest(bytes: digest.bytes)
    else { return }
    var message = Advertise()
    message.group = group.index
    message.family = Channel.Family(family)
    message.advbase = advbase
    message.advskew = advskew
    message.demotion = demotion
    message.counter = counter
    message.digest = wireDigest
    // The supervisor reports failures only: by the next one, the last one has succeeded.
    if group.unfailed.removeValue(forKey: family) != nil { post(.sendSucceeded, to: group) }
    let dropped = channel.dropped
    let request = channel.send(.advertise(message), droppable: true)
    guard channel.dropped == dropped else { return post(.sendFailed, to: group) }
    group.unfailed[family] = request
    group.echoes.advertised(counter: counter, digest: digest)
    group.interface.counters.sent(family)
  }

  /// Sends a note, about a group or an interface if there is one.
  func note(
    _ code: NoteCode, _ group: Group?, on interface: Interface? = nil, a: UInt32, b: UInt32,
    from source: CARP.Address? = nil
  ) {
    var note = Note()
    note.code = code
    if let group { note.group = group.index }
    if let interface = group?.interface ?? interface { note.interface = interface.index }
    note.a = a
    note.b = b
    if let source { note.address = Channel.Address(source) }
    channel.send(.note(note))
  }
}

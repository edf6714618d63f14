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
      if to == .master { deposits.owe(group, Deposits.spare) }
      recordTransition(of: group, from: from, to: to, reason)
      note(.transition(from: from, to: to, reason), group)
    case .peerMismatch(let begins):
      recordPeerMismatch(of: group, begins: begins)
      note(.peerMismatch(begins: begins, source: group.unverifiedSource ?? .ipv4(0)), group)
    case .familySilent(let family, let isSilent):
      if isSilent { group.silentFamilies.insert(family) } else { group.silentFamilies.remove(family) }
      recordSilence(of: family, in: group, begins: isSilent)
      note(.familySilent(family, isSilent: isSilent), group)
    case .fellows(let event):
      for fellow in fellows(of: group) where fellow !== group { post(event, to: fellow) }
    case .demote(let cause, let begins): demote(cause, begins, of: group)
    }
  }

  private func advertise(_ group: Group, _ family: CARP.Family, advbase: UInt8, advskew: UInt8, demotion: UInt8) {
    let counter = group.counters.next()
    guard let digest = group.digests.signer(at: EventLoop.now()).digest(counter: counter) else { return }
    var message = Advertise()
    message.group = group.index
    message.family = Channel.Family(family)
    message.advbase = advbase
    message.advskew = advskew
    message.demotion = demotion
    message.counter = counter
    message.digest = digest.bytes
    // The supervisor reports failures only: by the next one, the last one has succeeded.
    if group.unfailed.removeValue(forKey: family) != nil {
      group.failing.remove(family)
      post(.sendSucceeded, to: group)
    }
    guard let request = channel.offer(.advertise(message)) else { return post(.sendFailed, to: group) }
    group.unfailed[family] = request
    group.echoes.advertised(counter: counter, digest: digest)
    group.interface.counters.sent(family)
  }
}

import CARP
import Channel
import Election
import Linux

// What becomes of a role without the engine's doing, as the supervisor tells it.
extension Engine {
  /// - Parameter address: the index of the shared address it happened to; of none, if there is no such index.
  func change(_ group: Group, _ change: RoleChange, at address: UInt16) {
    switch change {
    case .held: post(.adopt, to: group)
    case .lost: lose(group)
    case .damaged: damage(group, at: Int(address))
    }
  }

  /// Has what is missing set. If that fails it counts like a failure of the request that the role began with.
  private func complete(_ group: Group) {
    channel.send(.acquire(group: group.index))
    channel.send(.announce(group: group.index))
  }

  private func lose(_ group: Group) {
    recordAddressLost(by: group)
    post(.addressLost, to: group)
  }

  /// Somebody removed something. It is dealt with a moment later: when the whole interface goes, that is told right
  /// behind, and it goes piece by piece.
  private func damage(_ group: Group, at index: Int) {
    let addresses = group.host.addresses
    let loss = addresses.indices.contains(index) ? Restoration.Loss.address(addresses[index].address) : .macvlan
    guard group.restoration.add(loss) else { return }
    loop.after(milliseconds: 20) { [weak self, weak group] in
      guard let self, let group else { return }
      restore(group)
      settle()
      rearm()
    }
  }

  /// Puts back what was removed, but not for ever.
  private func restore(_ group: Group) {
    let loss = group.restoration.take()
    // Neither gone from the configuration meanwhile, nor given up.
    guard let loss, groups.contains(where: { $0 === group }), group.election.state == .master,
      group.interface.condition == .up
    else { return }
    let count = group.restoration.count(at: EventLoop.now())
    if count <= Restoration.limit {
      note(.restoring(loss, count: count), group)
      complete(group)
    } else {
      note(.givingUp(loss), group)
      lose(group)
    }
  }
}

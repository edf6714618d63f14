import CARP
import Channel
import Control
import Election
import Glibc
import Linux

// What the supervisor says. It is trusted, so a message that cannot be right means that the two halves are not of one
// build, and the engine ends rather than guess.
extension Engine {
  func readChannel() {
    receiveMessages(limit: 64)
    if !isEnding { rearm() }
  }

  /// Handles what has come, but no more than `limit` messages, so that timers get their turn.
  func receiveMessages(limit: Int) {
    for _ in 0..<limit where !isEnding {
      do throws(Errno) {
        switch try channel.receive(descriptors: 1) {
        case .packet(let packet, let descriptors): receive(packet, descriptors)
        case .malformed, .gone: end(Self.channelLost)
        }
      } catch {
        if !error.isAgain { end(Self.channelLost) }
        return
      }
    }
  }

  private func receive(_ packet: Packet, _ descriptors: [Int32]) {
    if packet.type == .connection, let descriptor = descriptors.first {
      let descriptor = FileDescriptor(owning: descriptor)
      guard let connection: Connection = packet.decode() else { return end(Self.channelLost) }
      control?.accept(descriptor, connection)
      return
    }
    for descriptor in descriptors { close(descriptor) }
    if !dispatch(packet) { end(Self.channelLost) }
    settle()
  }

  /// Whether the message could be understood.
  private func dispatch(_ packet: Packet) -> Bool {
    switch packet.type {
    case .settings: assembly = PolicyAssembly()
    case .virtualHost: return take(packet) { (host: VirtualHost) in assembly?.add(host) }
    case .address: return take(packet) { (address: HostAddress) in assembly?.add(address: address) }
    case .peer: return take(packet) { (peer: HostAddress) in assembly?.add(peer: peer) }
    case .commit: return packet.decode(Commit.self).map(commit) ?? false
    case .frame: return take(packet) { (frame: Frame) in receive(frame) }
    case .link: return take(packet) { (link: Link) in change(link) }
    case .ownSource: return take(packet) { (source: OwnSource) in change(source) }
    case .addressLost: return take(packet) { (lost: AddressLost) in post(.addressLost, toIndex: lost.group) }
    case .result: return take(packet) { (result: Channel.Result) in receive(result) }
    case .holdRole: return take(packet) { (role: GroupReference) in post(.adopt, toIndex: role.group) }
    case .stalled: return take(packet) { (_: Stalled) in for group in groups { post(.ranLate, to: group) } }
    case .foreignFrame: return take(packet) { (frame: GroupReference) in post(.foreignFrame, toIndex: frame.group) }
    case .overflow: return take(packet) { (overflow: Overflow) in receive(overflow) }
    case .reloadResult: return packet.decode(ReloadResult.self) != nil
    case .shutdown: shutDown()
    // Came without its descriptor: the client is gone already.
    case .connection: break
    default: return false
    }
    return true
  }

  private func take<P: Payload>(_ packet: Packet, _ body: (P) -> Void) -> Bool {
    guard let payload = packet.decode(P.self) else { return false }
    body(payload)
    return true
  }

  private func group(_ index: UInt16) -> Group? { groups.first { $0.index == index } }

  /// A group that a reload has just removed gets nothing any more.
  private func post(_ event: Event, toIndex index: UInt16) {
    if let group = group(index) { post(event, to: group) }
  }

  private func change(_ link: Link) {
    guard let interface = interfaces[link.interface] else { return }
    interface.condition = link.condition
    for group in groups where group.interface === interface {
      post(link.condition == .up ? .linkUp : .linkDown, to: group)
    }
  }

  private func change(_ source: OwnSource) {
    guard let interface = interfaces[source.interface] else { return }
    let family = CARP.Family(source.address.family)
    interface.sources[family] = source.address.isUnspecified ? nil : CARP.Address(source.address)
    for group in groups where group.interface === interface {
      post(.ownSource(family, interface.sources[family]), to: group)
    }
  }

  private func receive(_ result: Channel.Result) {
    guard result.denial != .none, let group = group(result.group) else { return }
    switch MessageType(rawValue: result.type) {
    case .acquire where result.request == group.acquireRequest:
      post(.acquireFailed, to: group)
    case .advertise where result.denial == .failed:
      if let family = group.unfailed.first(where: { $0.value == result.request })?.key {
        group.unfailed[family] = nil
      }
      post(.sendFailed, to: group)
    default: break
    }
  }

  private func receive(_ overflow: Overflow) {
    interfaces[overflow.interface]?.counters.overflow &+= UInt64(overflow.count)
  }
}

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
    if case .connection(let connection) = packet.message, let descriptor = descriptors.first {
      control?.accept(FileDescriptor(owning: descriptor), connection)
      return
    }
    for descriptor in descriptors { close(descriptor) }
    if !dispatch(packet.message) { end(Self.channelLost) }
    settle()
  }

  /// Whether the message was one that the supervisor may send.
  private func dispatch(_ message: Message) -> Bool {
    switch message {
    case .settings(let settings): assembly = PolicyAssembly(settings)
    case .virtualHost(let group, let interface, let host): assembly?.add(host, group: group, interface: interface)
    case .address(let group, let address): assembly?.add(address, to: group)
    case .track(let interface, let name, let demotion):
      assembly?.add(Tracked(interface: interface, name: name, demotion: demotion))
    case .commit(let groups, let generation): return commit(groups: Int(groups), generation: generation)
    case .frame(let frame): receive(frame)
    case .link(let index, let condition, let ipv4, let ipv6):
      if let interface = interfaces[index] {
        change(interface, source: ipv4)
        change(interface, source: ipv6)
        change(interface, to: condition)
      }
    // A group that a reload has just removed is told nothing any more.
    case .role(let index, let change, let address): group(index).map { self.change($0, change, at: address) }
    case .result(let request, let type, let group, let denial, let errno):
      receive(denial, Errno(Int32(errno)), of: request, type, group)
    case .stalled: for group in groups { post(.ranLate, to: group) }
    case .shutdown: shutDown()
    // What is right with the configuration is for --check.
    case .diagnostic(.info, _, _, _): break
    case .diagnostic(let level, let line, let column, let text):
      take(
        DiagnosticReport(
          severity: level == .error ? .error : .warning, file: "", line: Int(line), column: Int(column), message: text))
    case .reloadResult(let connection, let succeeded, let generation):
      reloaded(for: connection, succeeded: succeeded, generation: generation)
    case .auditHead(let connection, let status): tellAuditHead(status, to: connection)
    // Came without its descriptor, of which there are too many here.
    case .connection(let connection): channel.send(.closed(connection: connection.connection))
    default: return false
    }
    return true
  }

  private func group(_ index: UInt16) -> Group? { groups.first { $0.index == index } }

  private func change(_ interface: Interface, to condition: LinkCondition) {
    if interface.condition == condition { return }
    recordLink(of: interface, to: condition)
    // That all is well at the start needs no line.
    if interface.condition != nil || condition != .up { note(.link(condition), on: interface) }
    interface.condition = condition
    for group in groups where group.interface === interface {
      post(condition == .up ? .linkUp : .linkDown, to: group)
    }
    if let tracked = tracked[interface.index] { follow(tracked) }
  }

  private func change(_ interface: Interface, source: Channel.Address) {
    let family = CARP.Family(source.family)
    let new = source.isUnspecified ? nil : CARP.Address(source)
    if interface.sources[family] == new { return }
    interface.sources[family] = new
    for group in groups where group.interface === interface { post(.ownSource(family, new), to: group) }
  }

  private func receive(_ denial: Denial, _ error: Errno, of request: UInt32, _ type: MessageType, _ index: UInt16) {
    guard denial != .none else { return }
    refused(request, denial)
    guard let group = group(index) else { return }
    switch type {
    // Of those before, the addresses were released again.
    case .acquire where Int32(bitPattern: request &- (group.acquireRequest ?? request &+ 1)) >= 0:
      post(.acquireFailed, to: group)
    case .advertise where denial == .failed:
      if let family = group.unfailed.first(where: { $0.value == request })?.key {
        group.unfailed[family] = nil
        let isNew = group.failing.insert(family).inserted
        if isNew { note(.sendFailed(family, error, on: group.host.interfaceName), group) }
      }
      post(.sendFailed, to: group)
    default: break
    }
  }
}

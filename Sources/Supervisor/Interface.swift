import Channel
import Confinement

/// One interface of the policy: what the kernel says of it, and the sockets that receive on it.
final class Interface {
  let name: String
  /// Index in the policy, as messages name it.
  let number: UInt16
  /// What the kernel says of it; nil while there is no such interface.
  var link: KernelLink? {
    didSet { trouble = link?.isEthernet == false ? "it is not an Ethernet interface" : "" }
  }
  /// The kernel's number, 0 while there is no such interface.
  var index: Int32 { link?.index ?? 0 }
  var mac: [UInt8] { link?.mac ?? [] }
  /// Why it is unusable.
  private(set) var trouble = ""
  var condition: LinkCondition {
    guard let link else { return .absent }
    return !link.isUp ? .down : !link.hasCarrier ? .noCarrier : trouble.isEmpty ? .up : .unusable
  }
  /// Its ARP settings before carpd changed them.
  var savedARP: ARPSettings?
  /// Its addresses, the shared ones left out.
  var own: [KernelAddress] = []
  private var receivers: [Receiver] = []
  /// What the sockets pass, of each virtual host.
  private(set) var received: [[UInt8]] = []

  init(name: String, number: UInt16) { (self.name, self.number) = (name, number) }

  /// net.ipv6.conf.*.forwarding, asked each time: it may change without a word.
  var isRouter: Bool { (try? readText("/proc/sys/net/ipv6/conf/\(name)/forwarding")) == "1" }

  /// Where advertisements come from: never a shared address. IPv4: the first own address, else 0.0.0.0 as FreeBSD.
  /// IPv6: the link-local one for multicast and link-local peers, else another one.
  func source(_ family: Family, for peers: [Address]) -> Address {
    let linkLocal = peers.isEmpty || peers.contains { $0.isLinkLocal }
    let candidates = own.lazy.map(\.address).filter { $0.family == family }
    let wanted = candidates.first { family == .ipv4 || $0.isLinkLocal == linkLocal }
    return wanted ?? Address(unspecified: family)
  }

  /// True if a network of the interface's own holds `shared`.
  func reaches(_ shared: HostAddress) -> Bool {
    own.contains { $0.prefix <= shared.prefix && $0.address.network($0.prefix) == shared.address.network($0.prefix) }
  }

  /// Opens the receiving sockets for `groups`. Those that are open end only when their successors listen, so that nothing
  /// is missed.
  func open(_ groups: [PolicyGroup], _ loop: EventLoop, _ deliver: @escaping (Frame) -> Void) {
    let old = receivers
    (receivers, received) = ([], groups.map(\.reception))
    do throws(Errno) {
      for family in Family.allCases {
        let members = groups.filter { $0.families.contains(family) }
        for kind in [SocketKind.election, .diagnosis] where !members.isEmpty {
          let filter = ReceiveFilter.advertisements(members, family, kind)
          receivers.append(try Receiver(self, kind, family, filter, loop, deliver))
        }
      }
      // A frame from elsewhere that bears one of our virtual MACs has just taught the switch a wrong port.
      let virtual = groups.filter { $0.mac == .virtual }
      if !virtual.isEmpty {
        receivers.append(try Receiver(self, .foreign, .ipv4, ReceiveFilter.foreignFrames(virtual), loop, deliver))
      }
    } catch {
      close()
      trouble = "its sockets cannot be opened: \(error)"
    }
    for receiver in old { receiver.relay() }
  }

  func close() { (receivers, received) = ([], []) }
}

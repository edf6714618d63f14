import CLinux
import Channel
import Confinement
import Glibc
import Linux

/// One interface of the policy: what the kernel says of it, and the sockets that receive on it.
final class Interface {
  let name: String
  /// Index in the policy, as messages name it.
  let number: Int
  /// The kernel's number, 0 while there is no such interface.
  private(set) var index: Int32 = 0
  private(set) var mac: [UInt8] = []
  private(set) var condition = LinkCondition.absent
  /// Why it is unusable.
  private(set) var trouble = ""
  private(set) var arp = ARPSettings(ignore: 0, announce: 0)
  /// `arp` before carpd changed it.
  var savedARP: ARPSettings?
  /// Its addresses, the shared ones left out.
  var own: [KernelAddress] = []
  private var receivers: [Receiver] = []
  /// What the sockets pass, of each virtual host.
  private var received: [[UInt8]] = []
  private var watcher: FileDescriptor?
  private let loop: EventLoop

  init(name: String, number: Int, loop: EventLoop) {
    self.name = name
    self.number = number
    self.loop = loop
  }

  /// True if the receiving sockets there are pass what `groups` need.
  func serves(_ groups: [PolicyGroup]) -> Bool { received == groups.map(\.reception) }
  /// net.ipv6.conf.*.forwarding, asked each time: it may change without a word.
  var isRouter: Bool { (try? readText("/proc/sys/net/ipv6/conf/\(name)/forwarding")) == "1" }

  /// Takes over what the kernel says; nil: the interface is not there.
  func update(_ link: KernelLink?) {
    index = link?.index ?? 0
    mac = link?.mac ?? []
    arp = link?.arp ?? arp
    trouble = link == nil || link?.isEthernet == true && mac.count == 6 ? "" : "it is not an Ethernet interface"
    condition =
      link.map { !$0.isUp ? .down : !$0.hasCarrier ? .noCarrier : trouble.isEmpty ? .up : .unusable } ?? .absent
  }

  /// Where advertisements come from: never a shared address. IPv4: the first own address, else 0.0.0.0 as FreeBSD.
  /// IPv6: the link-local one for multicast and link-local peers, else another one.
  func source(_ family: Family, linkLocal: Bool) -> Address {
    let candidates = own.lazy.map(\.address).filter { $0.family == family }
    let wanted = candidates.first { family == .ipv4 || $0.isLinkLocal == linkLocal }
    return wanted ?? Address(unspecified: family)
  }

  /// True if a network of the interface's own holds `shared`.
  func reaches(_ shared: SharedAddress) -> Bool {
    own.contains { $0.prefix <= shared.prefix && $0.address.network($0.prefix) == shared.address.network($0.prefix) }
  }

  /// Opens the receiving sockets for `groups`. Those that are open end only when their successors listen, so that nothing
  /// is missed.
  func open(
    _ groups: [PolicyGroup], _ deliver: @escaping (Message) -> Void, _ foreign: @escaping (UInt8) -> Void
  ) {
    let (old, oldWatcher) = (receivers, watcher)
    (receivers, watcher, received) = ([], nil, groups.map(\.reception))
    defer { close(old, oldWatcher) }
    do throws(Errno) {
      for family in Family.allCases {
        let members = groups.filter { $0.families.contains(family) }
        for kind in SocketKind.allCases where !members.isEmpty {
          let receiver = try Receiver(
            self, family, kind, ReceiveFilter.advertisements(members, family, kind), loop)
          receiver.deliver = deliver
          receivers.append(receiver)
          try receiver.start()
        }
      }
      let virtual = groups.filter { $0.mac == .virtual }
      if !virtual.isEmpty { try watchForeignFrames(ReceiveFilter.foreignFrames(virtual), foreign) }
    } catch {
      close()
      trouble = "its sockets cannot be opened: \(error)"
      condition = .unusable
    }
  }

  func close() {
    close(receivers, watcher)
    (receivers, watcher, received) = ([], nil, [])
  }

  private func close(_ receivers: [Receiver], _ watcher: FileDescriptor?) {
    for receiver in receivers { receiver.stop() }
    if let watcher { loop.unwatch(watcher.raw) }
  }

  /// A frame from elsewhere that bears one of our virtual MACs has just taught the switch a wrong port.
  private func watchForeignFrames(_ filter: [FilterInstruction], _ foreign: @escaping (UInt8) -> Void) throws(Errno) {
    let socket = try openSocket(AF_PACKET, Int32(SOCK_RAW.rawValue))
    try attachLockedFilter(socket.raw, filter)
    try setOption(socket.raw, SOL_PACKET, 23, Int32(1))  // PACKET_IGNORE_OUTGOING (linux/if_packet.h)
    try setOption(socket.raw, SOL_SOCKET, SO_RCVBUF, Int32(4096))
    try bindSocket(socket.raw, to: socketAddress(interface: index, protocol: Int32(ETH_P_ALL)))
    watcher = socket
    try watchForeign(socket, foreign)
  }

  /// At most a hundred a second are looked at, however many there are. What is found is told those 10 ms later: a new
  /// master's announcement comes with its advertisement, to which the election yields within a moment.
  private func watchForeign(_ socket: FileDescriptor, _ foreign: @escaping (UInt8) -> Void) throws(Errno) {
    try loop.watch(socket.raw) { [weak self] _ in
      let frame = (try? receiveDatagram(socket.raw, capacity: 64))?.bytes ?? []
      self?.loop.unwatch(socket.raw)
      self?.loop.after(milliseconds: 10) {
        guard let self, self.watcher === socket else { return }
        if frame.count >= 14 { foreign(frame[11]) }
        try? self.watchForeign(socket, foreign)
      }
    }
  }
}

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
  private(set) var index: Int32 = 0
  private(set) var mac: [UInt8] = []
  /// True while the receiving sockets are there.
  var isOpen: Bool { !receivers.isEmpty }
  /// net.ipv6.conf.*.forwarding, asked each time: it may change without a word.
  var isRouter: Bool { (try? readText("/proc/sys/net/ipv6/conf/\(name)/forwarding")) == "1" }
  private(set) var condition = LinkCondition.absent
  /// Its addresses, the shared ones left out.
  private(set) var own: [(address: Address, prefix: UInt8)] = []
  /// Why it is unusable.
  private(set) var trouble = ""
  /// ARP settings before carpd changed them.
  var savedSettings: [InterfaceSetting: UInt32] = [:]
  private(set) var settings: [InterfaceSetting: UInt32] = [:]
  private var receivers: [Receiver] = []
  private var watcher: FileDescriptorBox?
  private let loop: EventLoop

  init(name: String, number: Int, loop: EventLoop) {
    self.name = name
    self.number = number
    self.loop = loop
  }

  /// Takes over what the kernel says; nil: the interface is not there. True if anything changed that matters.
  func update(_ link: KernelLink?) -> Bool {
    let before = (index, mac, condition)
    index = link?.index ?? 0
    mac = link?.mac ?? []
    settings = link?.arp ?? [:]
    if let link {
      trouble = link.isEthernet && mac.count == 6 ? "" : "it is not an Ethernet interface"
      condition = !link.isUp ? .down : !link.hasCarrier ? .noCarrier : trouble.isEmpty ? .up : .unusable
    } else {
      condition = .absent
    }
    if index != before.0 { own = [] }
    return before != (index, mac, condition)
  }

  func set(_ address: Address, prefix: UInt8, present: Bool) {
    own.removeAll { $0.address == address && $0.prefix == prefix }
    if present { own.append((address, prefix)) }
  }

  /// Where advertisements come from: never a shared address. IPv4: the first own address, else 0.0.0.0 as FreeBSD.
  /// IPv6: the link-local one for multicast and link-local peers, else another one.
  func source(_ family: Family, linkLocal: Bool) -> Address {
    let candidates = own.lazy.map(\.address).filter { $0.family == family }
    let wanted = family == .ipv4 ? candidates.first : candidates.first { $0.isLinkLocal == linkLocal }
    return wanted ?? Address(unspecified: family)
  }

  /// True if a network of the interface's own holds `address`.
  func reaches(_ shared: SharedAddress) -> Bool {
    own.contains { $0.prefix <= shared.prefix && $0.address.shares(prefix: $0.prefix, with: shared.address) }
  }

  /// Opens the receiving sockets anew, which also joins the groups again: a switch may have forgotten the membership.
  func open(
    _ policy: Policy, _ deliver: @escaping (Message) -> Void, _ foreign: @escaping (UInt8) -> Void
  ) {
    close()
    let groups = policy.groups(on: number).map { policy.groups[$0] }
    do throws(Errno) {
      for family in Family.allCases {
        let members = groups.filter { $0.families.contains(family) }
        if members.isEmpty { continue }
        let filter = ReceiveFilter(
          multicast: members.filter { $0.peers(family).isEmpty }.map(\.vhid),
          unicast: members.filter { !$0.peers(family).isEmpty }.map(\.vhid))
        for kind in SocketKind.allCases {
          let receiver = try Receiver(self, family, kind, filter, loop)
          receiver.deliver = deliver
          receivers.append(receiver)
          try receiver.start()
        }
      }
      try watchForeignFrames(groups.filter { $0.mac == .virtual }.map(\.vhid), foreign)
    } catch {
      close()
      trouble = "its sockets cannot be opened: \(error)"
      condition = .unusable
    }
  }

  func close() {
    for receiver in receivers { receiver.stop() }
    receivers = []
    if let watcher { loop.unwatch(watcher.raw) }
    watcher = nil
  }

  /// A frame from elsewhere that bears one of our virtual MACs has just taught the switch a wrong port.
  private func watchForeignFrames(_ vhids: [UInt8], _ foreign: @escaping (UInt8) -> Void) throws(Errno) {
    if vhids.isEmpty { return }
    let socket = FileDescriptorBox(try openSocket(AF_PACKET, Int32(SOCK_RAW.rawValue)).release())
    try attachLockedFilter(socket.raw, ReceiveFilter.foreignFrames(vhids))
    try setOption(socket.raw, SOL_PACKET, 23, Int32(1))  // PACKET_IGNORE_OUTGOING (linux/if_packet.h)
    try setOption(socket.raw, SOL_SOCKET, SO_RCVBUF, Int32(4096))
    var address = sockaddr_ll()
    address.sll_family = UInt16(AF_PACKET)
    address.sll_protocol = UInt16(ETH_P_ALL).bigEndian
    address.sll_ifindex = index
    let bound = unsafe withUnsafePointer(to: &address) { (pointer: UnsafePointer<sockaddr_ll>) in
      unsafe bind(
        socket.raw, UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self),
        socklen_t(MemoryLayout<sockaddr_ll>.size))
    }
    try check(bound)
    watcher = socket
    try watchForeign(socket, foreign)
  }

  private func watchForeign(_ socket: FileDescriptorBox, _ foreign: @escaping (UInt8) -> Void) throws(Errno) {
    try loop.watch(socket.raw) { [weak self] _ in
      var frame = [UInt8](repeating: 0, count: 64)
      var flags: Int32 = 0
      guard let count = try? receiveDatagram(socket.raw, &frame, flags: &flags), count >= 14 else { return }
      foreign(frame[11])
      // At most a hundred a second are looked at, however many there are.
      self?.loop.unwatch(socket.raw)
      self?.loop.after(milliseconds: 10) {
        if self?.watcher === socket { try? self?.watchForeign(socket, foreign) }
      }
    }
  }
}

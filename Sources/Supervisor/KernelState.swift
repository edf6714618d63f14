import Channel

/// A link as the kernel describes it (RTM_NEWLINK, RTM_DELLINK).
struct KernelLink {
  let index: Int32
  let name: String
  let isEthernet: Bool
  let isUp: Bool
  let hasCarrier: Bool
  let mac: [UInt8]
  /// The interface it is a macvlan over, 0 if it is none.
  let macvlanBase: Int32
  /// ifalias.
  let memo: String
  let arp: ARPSettings

  /// nil for what a bridge says of its ports, which looks alike.
  init?(_ body: NetlinkReader) {
    guard body.integer(at: 0, as: UInt8.self) == UInt8(AF_UNSPEC) else { return nil }
    index = body.integer(at: 4)
    let flags: UInt32 = body.integer(at: 8)
    isUp = flags & UInt32(IFF_UP) != 0
    hasCarrier = flags & UInt32(IFF_RUNNING) != 0
    let attributes = body.attributes(from: MemoryLayout<ifinfomsg>.size)
    name = attributes[Int(IFLA_IFNAME)]?.text ?? ""
    mac = attributes[Int(IFLA_ADDRESS)].map { Array($0.bytes) } ?? []
    isEthernet = body.integer(at: 2, as: UInt16.self) == UInt16(ARPHRD_ETHER) && mac.count == 6
    let isMacvlan = attributes[Int(IFLA_LINKINFO)]?.attributes()[Int(IFLA_INFO_KIND)]?.text == "macvlan"
    macvlanBase = isMacvlan ? attributes[Int(IFLA_LINK)]?.integer() ?? 0 : 0
    memo = attributes[Int(IFLA_IFALIAS)]?.text ?? ""
    // The kernel gives the settings as an array that begins with number 1.
    let inet = attributes[Int(IFLA_AF_SPEC)]?.attributes()[Int(AF_INET)]?.attributes()[Int(IFLA_INET_CONF)]
    let setting = { (number: InterfaceSetting) -> UInt32 in inet?.integer(at: (number.rawValue - 1) * 4) ?? 0 }
    arp = ARPSettings(ignore: setting(.arpIgnore), announce: setting(.arpAnnounce))
  }
}

/// How an interface answers ARP and asks by it (arp_ignore, arp_announce).
struct ARPSettings: Equatable {
  var ignore: UInt32
  var announce: UInt32

  /// With Linux's defaults the base interface would answer ARP for the shared address too, and ask with it as sender.
  var tightened: ARPSettings { ARPSettings(ignore: max(ignore, 1), announce: max(announce, 2)) }

  /// As a macvlan's ifalias keeps them for a start after a crash.
  var memo: String { "carpd arp_ignore=\(ignore) arp_announce=\(announce)" }

  init(ignore: UInt32, announce: UInt32) { (self.ignore, self.announce) = (ignore, announce) }
  init?(memo: String) {
    let numbers = memo.split(whereSeparator: { $0 == " " || $0 == "=" }).compactMap { UInt32($0) }
    guard memo.hasPrefix("carpd "), numbers.count == 2 else { return nil }
    self.init(ignore: numbers[0], announce: numbers[1])
  }
}

/// An address as the kernel describes it (RTM_NEWADDR, RTM_DELADDR).
struct KernelAddress: Equatable {
  let interface: Int32
  let address: Address
  let prefix: UInt8
  /// True if it bears carpd's mark.
  let isOurs: Bool
  let isUsable: Bool

  init?(_ body: NetlinkReader) {
    let attributes = body.attributes(from: MemoryLayout<ifaddrmsg>.size)
    let name = attributes[IFA_LOCAL] ?? attributes[IFA_ADDRESS]
    guard let address = Address(bytes: name?.bytes ?? []) else { return nil }
    self.address = address
    interface = body.integer(at: 4)
    prefix = body.integer(at: 1)
    isOurs = attributes[NetlinkMessage.addressProtocol]?.integer(as: UInt8.self) == NetlinkMessage.mark
    let flags: UInt32 = attributes[IFA_FLAGS]?.integer() ?? 0
    isUsable = flags & UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED) == 0
  }
}

import CLinux
import Channel
import Glibc
import Linux

/// A link as the kernel describes it (RTM_NEWLINK).
struct KernelLink {
  let index: Int32
  let flags: UInt32
  let isEthernet: Bool
  let name: String
  let mac: [UInt8]
  let base: Int32
  let isMacvlan: Bool
  let memo: String
  let arp: [InterfaceSetting: UInt32]

  init(_ body: NetlinkReader) {
    index = body.integer(at: 4)
    flags = body.integer(at: 8)
    isEthernet = body.integer(at: 2, as: UInt16.self) == UInt16(ARPHRD_ETHER)
    let attributes = body.attributes(from: MemoryLayout<ifinfomsg>.size)
    name = attributes[Int(IFLA_IFNAME)]?.text ?? ""
    mac = attributes[Int(IFLA_ADDRESS)].map { Array($0.bytes) } ?? []
    base = attributes[Int(IFLA_LINK)]?.integer() ?? 0
    isMacvlan = attributes[Int(IFLA_LINKINFO)]?.attributes()[Int(IFLA_INFO_KIND)]?.text == "macvlan"
    memo = attributes[Int(IFLA_IFALIAS)]?.text ?? ""
    let families = attributes[Int(IFLA_AF_SPEC)]?.attributes() ?? [:]
    let inet = families[Int(AF_INET)]?.attributes()[Int(IFLA_INET_CONF)]
    // The kernel gives the settings as an array that begins with number 1.
    arp = InterfaceSetting.allCases.reduce(into: [:]) { found, setting in
      if let inet { found[setting] = inet.integer(at: (setting.rawValue - 1) * 4) }
    }
  }

  var isUp: Bool { flags & UInt32(IFF_UP) != 0 }
  var hasCarrier: Bool { flags & UInt32(IFF_RUNNING) != 0 }
}

/// An address as the kernel describes it (RTM_NEWADDR, RTM_DELADDR).
struct KernelAddress {
  let interface: Int32
  let address: Address
  let prefix: UInt8
  /// True if it bears carpd's mark.
  let isOurs: Bool
  let isUsable: Bool

  init?(_ body: NetlinkReader) {
    let attributes = body.attributes(from: MemoryLayout<ifaddrmsg>.size)
    guard let bytes = (attributes[IFA_LOCAL] ?? attributes[IFA_ADDRESS])?.bytes,
      let address = Address(bytes: bytes)
    else { return nil }
    self.address = address
    interface = body.integer(at: 4)
    prefix = body.integer(at: 1)
    isOurs = attributes[Request.addressProtocol]?.integer(at: 0, as: UInt8.self) == Request.mark
    let flags: UInt32 = attributes[IFA_FLAGS]?.integer() ?? 0
    isUsable = flags & UInt32(IFA_F_TENTATIVE | IFA_F_DADFAILED) == 0
  }
}

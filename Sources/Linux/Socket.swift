import CLinux
import Glibc

/// Opens a socket, non-blocking and closed on exec.
public func openSocket(_ family: Int32, _ type: Int32, _ number: Int32 = 0) throws(Errno) -> FileDescriptor {
  let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
  return FileDescriptor(owning: try check(socket(family, type | flags, number)))
}

/// Sets a socket option of any plain type.
public func setOption(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: some BitwiseCopyable) throws(Errno) {
  let result = unsafe withUnsafeBytes(of: value) { (raw: UnsafeRawBufferPointer) in
    unsafe setsockopt(socket, level, name, raw.baseAddress, socklen_t(raw.count))
  }
  try check(result)
}

/// Binds a socket to one interface (SO_BINDTODEVICE).
public func bindToDevice(_ socket: Int32, _ name: String) throws(Errno) {
  let bytes = Array(name.utf8) + [0]
  try unsafe check(setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, bytes, socklen_t(bytes.count)))
}

/// One instruction of classic BPF (linux/filter.h).
public struct FilterInstruction: Sendable {
  public var code: UInt16
  public var jumpTrue: UInt8 = 0
  public var jumpFalse: UInt8 = 0
  public var k: UInt32 = 0
  public init(_ code: UInt16, _ k: UInt32 = 0, true jumpTrue: UInt8 = 0, false jumpFalse: UInt8 = 0) {
    self.code = code
    self.k = k
    self.jumpTrue = jumpTrue
    self.jumpFalse = jumpFalse
  }
}

/// Attaches a classic BPF program and locks it, so that nobody can detach or replace it (SO_LOCK_FILTER).
public func attachLockedFilter(_ socket: Int32, _ program: [FilterInstruction]) throws(Errno) {
  var kernel = program.map { sock_filter(code: $0.code, jt: $0.jumpTrue, jf: $0.jumpFalse, k: $0.k) }
  let result = unsafe kernel.withUnsafeMutableBufferPointer {
    (pointer: inout UnsafeMutableBufferPointer<sock_filter>) -> Int32 in
    let filter = unsafe sock_fprog(len: UInt16(truncatingIfNeeded: pointer.count), filter: pointer.baseAddress)
    return unsafe withUnsafeBytes(of: filter) { (raw: UnsafeRawBufferPointer) in
      unsafe setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, raw.baseAddress, socklen_t(raw.count))
    }
  }
  try check(result)
  try setOption(socket, SOL_SOCKET, SO_LOCK_FILTER, Int32(1))
}

/// A packet as a raw socket gave it.
public struct ReceivedPacket: Sendable {
  /// From the IP header on for IPv4, behind it for IPv6.
  public var bytes: [UInt8]
  /// How long it really was; `bytes` may be cut.
  public var length: Int
  /// 4 or 16 bytes.
  public var source: [UInt8]
  /// IPv6 hop limit; for IPv4 it is in the header.
  public var hopLimit: UInt8
  /// Packets lost at this socket since it was made (SO_RXQ_OVFL), 0 if none.
  public var overflow: UInt32
}

/// Receives one packet without waiting; nil when there is none.
public func receivePacket(_ socket: Int32, capacity: Int) throws(Errno) -> ReceivedPacket? {
  var buffer = [UInt8](repeating: 0, count: capacity)
  var name = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in6>.size)
  var control = [UInt64](repeating: 0, count: 16)
  var packet = ReceivedPacket(bytes: [], length: 0, source: [], hopLimit: 0, overflow: 0)
  let count = unsafe buffer.withUnsafeMutableBytes { (bytes: UnsafeMutableRawBufferPointer) -> Int in
    unsafe name.withUnsafeMutableBytes { (nameBytes: UnsafeMutableRawBufferPointer) -> Int in
      unsafe control.withUnsafeMutableBytes { (space: UnsafeMutableRawBufferPointer) -> Int in
        var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
        return unsafe withUnsafeMutablePointer(to: &vector) { (pointer: UnsafeMutablePointer<iovec>) -> Int in
          var header = unsafe msghdr()
          unsafe header.msg_iov = pointer
          unsafe header.msg_iovlen = 1
          unsafe header.msg_name = nameBytes.baseAddress
          unsafe header.msg_namelen = socklen_t(nameBytes.count)
          unsafe header.msg_control = space.baseAddress
          unsafe header.msg_controllen = space.count
          let received = unsafe recvmsg(socket, &header, Int32(MSG_DONTWAIT | MSG_TRUNC))
          guard received >= 0 else { return received }
          var message = unsafe cl_cmsg_first(&header)
          while let current = unsafe message {
            if let data = unsafe cl_cmsg_data(current) {
              let value = unsafe UnsafeRawPointer(data).loadUnaligned(as: UInt32.self)
              switch unsafe (current.pointee.cmsg_level, current.pointee.cmsg_type) {
              case (Int32(IPPROTO_IPV6), IPV6_HOPLIMIT): packet.hopLimit = UInt8(truncatingIfNeeded: value)
              case (SOL_SOCKET, SO_RXQ_OVFL): packet.overflow = value
              default: break
              }
            }
            unsafe message = cl_cmsg_next(&header, current)
          }
          return received
        }
      }
    }
  }
  if count < 0 {
    let error = Errno.last
    if error.isAgain { return nil }
    throw error
  }
  packet.length = count
  packet.bytes = Array(buffer.prefix(count))
  let family = Int32(NetlinkReader(name[...]).integer(at: 0, as: UInt16.self))
  packet.source = family == AF_INET ? Array(name[4..<8]) : Array(name[8..<24])
  return packet
}

/// Sends a whole Ethernet frame out of an interface.
public func sendFrame(_ socket: Int32, interface: Int32, _ frame: [UInt8]) throws(Errno) {
  var address = sockaddr_ll()
  address.sll_family = UInt16(AF_PACKET)
  address.sll_ifindex = interface
  let sent = unsafe withUnsafePointer(to: &address) { (pointer: UnsafePointer<sockaddr_ll>) in
    unsafe sendto(
      socket, frame, frame.count, Int32(MSG_DONTWAIT), UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self),
      socklen_t(MemoryLayout<sockaddr_ll>.size))
  }
  try check(sent)
}

/// A socket address as the kernel wants it: `address` has 4 or 16 bytes, `scope` an interface for link-local ones.
public func socketAddress(_ address: [UInt8], scope: Int32 = 0) -> [UInt8] {
  let family = UInt16(truncatingIfNeeded: address.count == 4 ? AF_INET : AF_INET6)
  if address.count == 4 { return rawBytes(family) + [0, 0] + address + [UInt8](repeating: 0, count: 8) }
  return rawBytes(family) + [UInt8](repeating: 0, count: 6) + address + rawBytes(scope)
}

/// Sends a datagram to `address` (as `socketAddress` makes it), without waiting.
public func sendDatagram(_ socket: Int32, _ bytes: [UInt8], to address: [UInt8]) throws(Errno) {
  let sent = unsafe address.withUnsafeBytes { (raw: UnsafeRawBufferPointer) -> Int in
    unsafe sendto(
      socket, bytes, bytes.count, Int32(MSG_DONTWAIT), raw.baseAddress?.assumingMemoryBound(to: sockaddr.self),
      socklen_t(raw.count))
  }
  try check(sent)
}

/// The bytes of a plain value as they lie in memory.
public func rawBytes(_ value: some BitwiseCopyable) -> [UInt8] {
  unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
}

import CLinux
import Glibc

/// What one recvmsg gave.
public struct Datagram: Sendable {
  public fileprivate(set) var bytes: [UInt8] = []
  /// How long it really was; `bytes` may be cut. 0 is the end of a connection.
  public fileprivate(set) var length = 0
  /// The sender's socket address, as the kernel has it.
  public fileprivate(set) var sender = NetlinkReader([])
  /// IPv6 hop limit; for IPv4 it is in the header.
  public fileprivate(set) var hopLimit: UInt8 = 0
  /// Packets lost at this socket since it was made (SO_RXQ_OVFL), 0 if none.
  public fileprivate(set) var overflow: UInt32 = 0
  /// Descriptors that came along, closed on exec; the receiver's to close.
  public fileprivate(set) var descriptors: [Int32] = []
  /// True if bytes or descriptors were discarded for want of room.
  public fileprivate(set) var isCut = false

  fileprivate mutating func take(ancillary: NetlinkReader) {
    let header = MemoryLayout<cmsghdr>.size
    for record in ancillary.records(Int.self, header: header, alignment: MemoryLayout<Int>.size) {
      let data = record.dropping(header)
      switch (record.integer(at: header - 8, as: Int32.self), record.integer(at: header - 4, as: Int32.self)) {
      case (Int32(IPPROTO_IPV6), IPV6_HOPLIMIT): hopLimit = UInt8(truncatingIfNeeded: data.integer(as: Int32.self))
      case (SOL_SOCKET, SO_RXQ_OVFL): overflow = data.integer()
      case (SOL_SOCKET, Int32(SCM_RIGHTS)):
        descriptors += data.integers()
      default: break
      }
    }
  }
}

/// Receives one datagram without waiting, with room for `capacity` bytes and for `ancillary` bytes beside it: without
/// any, descriptors that a hostile peer sends along are discarded by the kernel.
/// - Throws: the kernel's error; `isAgain` if there is nothing to receive.
public func receiveDatagram(_ socket: Int32, capacity: Int, ancillary: Int = 0) throws(Errno) -> Datagram {
  var data = [UInt8](repeating: 0, count: capacity)
  var name = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_in6>.size)
  var control = [UInt8](repeating: 0, count: ancillary)
  var datagram = Datagram()
  var (nameSize, controlSize) = (0, 0)
  datagram.length = try unsafe withMessageHeader(&data, &name, &control) { header in
    let count = unsafe recvmsg(socket, &header, Int32(MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC))
    datagram.isCut = unsafe header.msg_flags & Int32(MSG_TRUNC | MSG_CTRUNC) != 0
    (nameSize, controlSize) = unsafe (Int(header.msg_namelen), header.msg_controllen)
    return count
  }
  datagram.bytes = Array(data.prefix(datagram.length))
  datagram.sender = NetlinkReader(name.prefix(nameSize))
  datagram.take(ancillary: NetlinkReader(control.prefix(controlSize)))
  return datagram
}

/// Sends one datagram without waiting: to `address`, as the `socketAddress` functions make it, or where the socket is
/// connected to; `descriptors` go along.
public func sendDatagram(_ socket: Int32, _ bytes: [UInt8], to address: [UInt8] = [], descriptors: [Int32] = [])
  throws(Errno)
{
  var (data, name, control) = (bytes, address, [UInt8]())
  if !descriptors.isEmpty {
    let length = MemoryLayout<cmsghdr>.size + descriptors.count * 4
    control = rawBytes(length) + rawBytes(SOL_SOCKET) + rawBytes(Int32(SCM_RIGHTS))
    control += descriptors.flatMap { rawBytes($0) }
    while control.count % MemoryLayout<Int>.size != 0 { control.append(0) }
  }
  _ = try unsafe withMessageHeader(&data, &name, &control) { header in
    unsafe sendmsg(socket, &header, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
  }
}

/// Makes the header that recvmsg and sendmsg want of these three parts; parts may be empty.
private func withMessageHeader(
  _ data: inout [UInt8], _ name: inout [UInt8], _ control: inout [UInt8], _ call: (inout msghdr) -> Int
) throws(Errno) -> Int {
  try check(
    unsafe data.withUnsafeMutableBytes { (data: UnsafeMutableRawBufferPointer) -> Int in
      unsafe name.withUnsafeMutableBytes { (name: UnsafeMutableRawBufferPointer) -> Int in
        unsafe control.withUnsafeMutableBytes { (control: UnsafeMutableRawBufferPointer) -> Int in
          var vector = unsafe iovec(iov_base: data.baseAddress, iov_len: data.count)
          return unsafe withUnsafeMutablePointer(to: &vector) { (vector: UnsafeMutablePointer<iovec>) -> Int in
            var header = unsafe msghdr(
              msg_name: name.baseAddress, msg_namelen: socklen_t(name.count), msg_iov: vector, msg_iovlen: 1,
              msg_control: control.baseAddress, msg_controllen: control.count, msg_flags: 0)
            return unsafe call(&header)
          }
        }
      }
    })
}

extension Datagram {
  /// The sender's IPv4 or IPv6 address: 4 or 16 bytes.
  public var source: [UInt8] {
    let isIPv4 = sender.integer(as: UInt16.self) == UInt16(AF_INET)
    return Array(isIPv4 ? sender.dropping(4).bytes.prefix(4) : sender.dropping(8).bytes.prefix(16))
  }
}

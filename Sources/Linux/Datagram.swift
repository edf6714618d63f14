/// What one recvmsg gave.
public struct Datagram: Sendable {
  public let bytes: [UInt8]
  /// How long it really was; `bytes` may be cut. 0 is the end of a connection.
  public let length: Int
  /// The sender's socket address, as the kernel has it.
  public let sender: NetlinkReader
  /// True if bytes or descriptors were discarded for want of room.
  public let isCut: Bool
  /// What came beside it, each record behind its cmsghdr.
  fileprivate let records: [NetlinkReader]

  /// IPv6 hop limit; for IPv4 it is in the header.
  public var hopLimit: UInt8 { UInt8(clamping: value(Int32(IPPROTO_IPV6), IPV6_HOPLIMIT).integer(as: Int32.self)) }
  /// Packets lost at this socket since it was made (SO_RXQ_OVFL), 0 if none.
  public var overflow: UInt32 { value(SOL_SOCKET, SO_RXQ_OVFL).integer() }
  /// Descriptors that came along, closed on exec; the receiver's to close.
  public var descriptors: [Int32] { value(SOL_SOCKET, Int32(SCM_RIGHTS)).integers() }

  private func value(_ level: Int32, _ type: Int32) -> NetlinkReader {
    let record = records.first { $0.integer(at: 8) == level && $0.integer(at: 12) == type }
    return NetlinkReader(record?.bytes.dropFirst(MemoryLayout<cmsghdr>.size) ?? [])
  }

  /// The sender's IPv4 or IPv6 address: 4 or 16 bytes.
  public var source: [UInt8] {
    let isIPv4 = sender.integer(as: UInt16.self) == UInt16(AF_INET)
    return Array(isIPv4 ? sender.dropping(4).bytes.prefix(4) : sender.dropping(8).bytes.prefix(16))
  }
}

/// Receives one datagram without waiting, with room for `capacity` bytes and for `ancillary` bytes beside it: without
/// any, descriptors that a hostile peer sends along are discarded by the kernel.
/// - Throws: the kernel's error; `isAgain` if there is nothing to receive.
public func receiveDatagram(_ socket: Int32, capacity: Int, ancillary: Int = 0) throws(Errno) -> Datagram {
  let nameCapacity = MemoryLayout<sockaddr_in6>.size
  var buffer = [UInt8](repeating: 0, count: ancillary + nameCapacity + capacity)
  let (length, header) = try unsafe transfer(&buffer, control: ancillary, name: nameCapacity) { header in
    unsafe recvmsg(socket, header, Int32(MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC))
  }
  let control = unsafe NetlinkReader(buffer.prefix(header.msg_controllen))
  return unsafe Datagram(
    bytes: Array(buffer.dropFirst(ancillary + nameCapacity).prefix(length)), length: length,
    sender: NetlinkReader(buffer.dropFirst(ancillary).prefix(Int(header.msg_namelen))),
    isCut: header.msg_flags & Int32(MSG_TRUNC | MSG_CTRUNC) != 0,
    records: control.records(Int.self, header: MemoryLayout<cmsghdr>.size, alignment: 8))
}

/// Sends one datagram without waiting: to `address`, as the `socketAddress` functions make it, or where the socket is
/// connected to; `descriptors` go along.
public func sendDatagram(_ socket: Int32, _ bytes: [UInt8], to address: [UInt8] = [], descriptors: [Int32] = [])
  throws(Errno)
{
  var control: [UInt8] = []
  if !descriptors.isEmpty {
    let rights = descriptors.flatMap { rawBytes($0) }
    control = rawBytes(MemoryLayout<cmsghdr>.size + rights.count) + rawBytes(SOL_SOCKET) + rawBytes(Int32(SCM_RIGHTS))
    // The kernel wants its records padded to 8 bytes.
    control += rights + [UInt8](repeating: 0, count: -rights.count & 7)
  }
  var buffer = control + address + bytes
  _ = try unsafe transfer(&buffer, control: control.count, name: address.count) { header in
    unsafe sendmsg(socket, header, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
  }
}

/// Calls recvmsg or sendmsg with a header for `buffer`, which begins with ancillary data and socket address, of so many
/// bytes each, and has the datagram behind them. The header it returns is good for its numbers only.
private func transfer(
  _ buffer: inout [UInt8], control: Int, name: Int, _ call: (UnsafeMutablePointer<msghdr>) -> Int
) throws(Errno) -> (length: Int, header: msghdr) {
  var header = unsafe msghdr()
  let length = try check(
    unsafe buffer.withUnsafeMutableBytes { (raw: UnsafeMutableRawBufferPointer) -> Int in
      let address = unsafe raw.baseAddress?.advanced(by: control)
      var data = unsafe iovec(iov_base: address?.advanced(by: name), iov_len: raw.count - control - name)
      return unsafe withUnsafeMutablePointer(to: &data) { (data: UnsafeMutablePointer<iovec>) -> Int in
        unsafe header = msghdr(
          msg_name: address, msg_namelen: socklen_t(name), msg_iov: data, msg_iovlen: 1,
          msg_control: raw.baseAddress, msg_controllen: control, msg_flags: 0)
        return unsafe call(&header)
      }
    })
  return unsafe (length, header)
}

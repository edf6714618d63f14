import CLinux
import Glibc

/// A connected pair of SOCK_SEQPACKET sockets, non-blocking, closed on exec.
public struct SocketPair: ~Copyable {
  private var first: FileDescriptor?
  public let second: FileDescriptor
  /// Gives the first end away; the second closes with this value.
  public mutating func takeFirst() -> FileDescriptor { first.take() ?? FileDescriptor(owning: -1) }
  public init() throws(Errno) {
    var pair: [Int32] = [-1, -1]
    let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    try unsafe check(socketpair(AF_UNIX, type, 0, &pair))
    first = FileDescriptor(owning: pair[0])
    second = FileDescriptor(owning: pair[1])
  }
}

/// Receives one datagram without ancillary data; 0 is end of file. `flags` gets MSG_TRUNC and MSG_CTRUNC.
public func receiveDatagram(_ socket: Int32, _ buffer: inout [UInt8], flags: inout Int32) throws(Errno) -> Int {
  let size = buffer.count
  var header = unsafe msghdr()
  let count = unsafe buffer.withUnsafeMutableBytes { (bytes: UnsafeMutableRawBufferPointer) -> Int in
    var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: size)
    return unsafe withUnsafeMutablePointer(to: &vector) { (pointer: UnsafeMutablePointer<iovec>) -> Int in
      unsafe header.msg_iov = pointer
      unsafe header.msg_iovlen = 1
      return unsafe recvmsg(socket, &header, Int32(MSG_DONTWAIT))
    }
  }
  try check(count)
  flags = unsafe header.msg_flags
  return count
}

/// Sends `bytes` and `descriptors` in one datagram, without waiting.
public func sendDescriptors(_ socket: Int32, _ bytes: [UInt8], _ descriptors: [Int32]) throws(Errno) {
  let size = descriptors.count * MemoryLayout<Int32>.size
  // UInt64 elements keep the control buffer aligned as cmsghdr needs it.
  var control = [UInt64](repeating: 0, count: (cl_cmsg_space(size) + 7) / 8)
  var header = unsafe msghdr()
  let sent = unsafe bytes.withUnsafeBytes { (data: UnsafeRawBufferPointer) -> Int in
    var vector = unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: data.baseAddress), iov_len: data.count)
    return unsafe withUnsafeMutablePointer(to: &vector) { (pointer: UnsafeMutablePointer<iovec>) -> Int in
      unsafe control.withUnsafeMutableBytes { (space: UnsafeMutableRawBufferPointer) -> Int in
        unsafe header.msg_iov = pointer
        unsafe header.msg_iovlen = 1
        if size > 0 {
          unsafe header.msg_control = space.baseAddress
          unsafe header.msg_controllen = cl_cmsg_space(size)
          if let message = unsafe cl_cmsg_first(&header) {
            unsafe message.pointee.cmsg_level = SOL_SOCKET
            unsafe message.pointee.cmsg_type = Int32(SCM_RIGHTS)
            unsafe message.pointee.cmsg_len = cl_cmsg_len(size)
            unsafe UnsafeMutableRawPointer(cl_cmsg_data(message)).copyMemory(from: descriptors, byteCount: size)
          }
        }
        return unsafe sendmsg(socket, &header, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
    }
  }
  try check(sent)
}

/// Receives one datagram with up to `limit` descriptors (closed on exec), which the caller then owns. More than that, or
/// a truncated datagram, is EPROTO, and all that came is closed. Empty bytes mean the peer is gone.
public func receiveDescriptors(_ socket: Int32, capacity: Int, limit: Int) throws(Errno) -> ([UInt8], [Int32]) {
  var buffer = [UInt8](repeating: 0, count: capacity)
  var control = [UInt64](repeating: 0, count: (cl_cmsg_space(limit * 4) + 7) / 8)
  var header = unsafe msghdr()
  var descriptors: [Int32] = []
  let count = unsafe buffer.withUnsafeMutableBytes { (bytes: UnsafeMutableRawBufferPointer) -> Int in
    var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: capacity)
    return unsafe withUnsafeMutablePointer(to: &vector) { (pointer: UnsafeMutablePointer<iovec>) -> Int in
      unsafe control.withUnsafeMutableBytes { (space: UnsafeMutableRawBufferPointer) -> Int in
        unsafe header.msg_iov = pointer
        unsafe header.msg_iovlen = 1
        unsafe header.msg_control = space.baseAddress
        unsafe header.msg_controllen = space.count
        let received = unsafe recvmsg(socket, &header, Int32(MSG_DONTWAIT | MSG_CMSG_CLOEXEC))
        guard received >= 0, let message = unsafe cl_cmsg_first(&header),
          unsafe message.pointee.cmsg_level == SOL_SOCKET,
          unsafe message.pointee.cmsg_type == Int32(SCM_RIGHTS)
        else { return received }
        let room = unsafe (message.pointee.cmsg_len - cl_cmsg_len(0)) / 4
        guard let data = unsafe cl_cmsg_data(message) else { return received }
        let numbers = UnsafeRawPointer(data)
        for index in 0..<room {
          descriptors.append(unsafe numbers.loadUnaligned(fromByteOffset: index * 4, as: Int32.self))
        }
        return received
      }
    }
  }
  if count < 0 {
    let error = Errno.last
    if error.number == ECONNRESET { return ([], []) }
    throw error
  }
  if unsafe header.msg_flags & Int32(MSG_TRUNC | MSG_CTRUNC) != 0 || descriptors.count > limit {
    for descriptor in descriptors { close(descriptor) }
    throw Errno(EPROTO)
  }
  return (Array(buffer.prefix(count)), descriptors)
}

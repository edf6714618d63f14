/// Opens a socket, non-blocking and closed on exec.
public func openSocket(_ family: Int32, _ type: Int32, _ number: Int32 = 0) throws(Errno) -> FileDescriptor {
  let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
  return try FileDescriptor(checking: socket(family, type | flags, number))
}

/// A connected pair of SOCK_SEQPACKET sockets, non-blocking, closed on exec.
public func openSocketPair() throws(Errno) -> (FileDescriptor, FileDescriptor) {
  var pair: [Int32] = [-1, -1]
  let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
  try unsafe check(socketpair(AF_UNIX, type, 0, &pair))
  return (FileDescriptor(owning: pair[0]), FileDescriptor(owning: pair[1]))
}

/// Sets a socket option of any plain type.
public func setOption(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: some BitwiseCopyable) throws(Errno) {
  try setOption(socket, level, name, rawBytes(value))
}

/// Sets a socket option given as bytes.
public func setOption(_ socket: Int32, _ level: Int32, _ name: Int32, _ bytes: [UInt8]) throws(Errno) {
  try unsafe check(setsockopt(socket, level, name, bytes, socklen_t(bytes.count)))
}

/// Reads a socket option of at most `capacity` bytes.
public func option(_ socket: Int32, _ level: Int32, _ name: Int32, capacity: Int) throws(Errno) -> NetlinkReader {
  var bytes = [UInt8](repeating: 0, count: capacity)
  var size = socklen_t(capacity)
  try unsafe check(getsockopt(socket, level, name, &bytes, &size))
  return NetlinkReader(bytes.prefix(Int(size)))
}

/// One instruction of classic BPF (linux/filter.h).
public typealias FilterInstruction = sock_filter

extension sock_filter {
  public init(_ code: UInt16, _ k: UInt32 = 0, true jumpTrue: UInt8 = 0, false jumpFalse: UInt8 = 0) {
    self.init(code: code, jt: jumpTrue, jf: jumpFalse, k: k)
  }
}

/// Attaches a classic BPF program and locks it, so that nobody can detach or replace it (SO_LOCK_FILTER).
public func attachLockedFilter(_ socket: Int32, _ program: [FilterInstruction]) throws(Errno) {
  try unsafe program.withUnsafeBufferPointer { (code: UnsafeBufferPointer<sock_filter>) throws(Errno) in
    let start = unsafe UnsafeMutablePointer(mutating: code.baseAddress)
    let filter = unsafe sock_fprog(len: UInt16(truncatingIfNeeded: code.count), filter: start)
    try unsafe setOption(socket, SOL_SOCKET, SO_ATTACH_FILTER, filter)
  }
  try setOption(socket, SOL_SOCKET, SO_LOCK_FILTER, Int32(1))
}

// MARK: - Socket addresses, as the bytes the kernel wants

/// IPv4 or IPv6: `address` has 4 or 16 bytes, `scope` is the interface of a link-local one.
public func socketAddress(_ address: [UInt8], scope: Int32 = 0) -> [UInt8] {
  let family = UInt16(truncatingIfNeeded: address.count == 4 ? AF_INET : AF_INET6)
  if address.count == 4 { return rawBytes(family) + [0, 0] + address + [UInt8](repeating: 0, count: 8) }
  return rawBytes(family) + [UInt8](repeating: 0, count: 6) + address + rawBytes(scope)
}

/// AF_UNIX: a path, or behind `@` a name of the abstract space.
public func socketAddress(path: String) -> [UInt8] {
  rawBytes(UInt16(AF_UNIX)) + (path.first == "@" ? [0] + Array(path.utf8.dropFirst()) : Array(path.utf8) + [0])
}

/// AF_PACKET: an interface, and what to receive there (an Ethernet protocol, 0 for nothing).
public func socketAddress(interface: Int32, protocol number: UInt16 = 0) -> [UInt8] {
  rawBytes(UInt16(AF_PACKET)) + rawBytes(number.bigEndian) + rawBytes(interface) + [UInt8](repeating: 0, count: 12)
}

/// Binds a socket to an address made by one of these.
public func bindSocket(_ raw: Int32, to address: [UInt8]) throws(Errno) { try unsafe call(bind, raw, address) }

/// Connects a socket to an address made by one of these.
public func connectSocket(_ raw: Int32, to address: [UInt8]) throws(Errno) { try unsafe call(connect, raw, address) }

private func call(
  _ function: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32, _ socket: Int32, _ address: [UInt8]
) throws(Errno) {
  try unsafe check(
    address.withUnsafeBytes { (raw: UnsafeRawBufferPointer) in
      unsafe function(socket, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    })
}

import Glibc
public import Linux

/// Connects to a control socket.
///
/// - Parameters:
///   - blocking: whether calls on the socket may wait.
///   - patience: seconds that each may wait then.
/// - Throws: the kernel's error; EINVAL if there can be no socket of this path.
public func connectControlSocket(_ path: String, blocking: Bool, patience: Int = 5) throws(Errno) -> FileDescriptor {
  guard (1...107).contains(path.utf8.count), !path.utf8.contains(0) else { throw Errno(EINVAL) }
  let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | (blocking ? 0 : SOCK_NONBLOCK.rawValue))
  let socket = try FileDescriptor(checking: Glibc.socket(AF_UNIX, type, 0))
  // The first holds for connecting too.
  try setOption(socket.raw, SOL_SOCKET, SO_SNDTIMEO, timeval(tv_sec: patience, tv_usec: 0))
  try setOption(socket.raw, SOL_SOCKET, SO_RCVTIMEO, timeval(tv_sec: patience, tv_usec: 0))
  try connectSocket(socket.raw, to: socketAddress(path: path))
  return socket
}

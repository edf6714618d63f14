import Control
import Glibc
import Linux

/// A blocking connection to the daemon's control socket.
struct DaemonConnection: ~Copyable {
  /// Seconds to wait for the daemon, all in all.
  static let patience = 5

  private let socket: FileDescriptor
  private let path: String
  private let deadline: UInt64

  /// Connects to the socket at `path`.
  init(path: String) throws(Failure) {
    guard (1...107).contains(path.utf8.count), !path.utf8.contains(0) else { throw .badPath(path) }
    do throws(Errno) {
      self.init(try Self.connected(to: path), path: path)
    } catch {
      throw Failure(connecting: error, to: path)
    }
  }

  private init(_ socket: consuming FileDescriptor, path: String) {
    self.socket = socket
    self.path = path
    deadline = EventLoop.now() + UInt64(Self.patience) * 1_000_000_000
  }

  private static func connected(to path: String) throws(Errno) -> FileDescriptor {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = FileDescriptor(owning: try check(Glibc.socket(AF_UNIX, type, 0)))
    // The first holds for connecting too.
    try setOption(socket.raw, SOL_SOCKET, SO_SNDTIMEO, timeval(tv_sec: patience, tv_usec: 0))
    try setOption(socket.raw, SOL_SOCKET, SO_RCVTIMEO, timeval(tv_sec: patience, tv_usec: 0))
    let address = rawBytes(sa_family_t(AF_UNIX)) + Array(path.utf8) + [0]
    let result = unsafe address.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Int32 in
      unsafe connect(socket.raw, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
    }
    try check(result)
    return socket
  }

  /// Calls a method, and waits for its reply.
  func call<Request: ControlRequest>(_ request: Request) throws(Failure) -> Request.Reply {
    var connection = ClientConnection()
    let bytes = ClientConnection.call(request)
    guard unsafe send(socket.raw, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw .closed(path)
    }
    while true {
      let bytes = try receive()
      do throws(ClientError) {
        try connection.receive(bytes)
        if let reply: Request.Reply = try connection.reply() { return reply }
      } catch {
        if case .refused(let refusal) = error { throw .refused(refusal) }
        throw .unintelligible(path)
      }
    }
  }

  private func receive() throws(Failure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    do throws(Errno) {
      let count = try retrying { unsafe recv(socket.raw, &buffer, buffer.count, 0) }
      if count == 0 { throw Errno(ECONNRESET) }
      // The socket's own timeout begins anew with each piece.
      if EventLoop.now() > deadline { throw Errno(EAGAIN) }
      return Array(buffer.prefix(count))
    } catch {
      throw error.isAgain ? .timeout(path) : .closed(path)
    }
  }
}

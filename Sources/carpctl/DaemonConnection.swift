import Control
import Glibc
import Linux
import Operations

/// A blocking connection to the daemon's control socket.
struct DaemonConnection: ~Copyable {
  /// Seconds to wait for the daemon, all in all.
  static let patience = 5

  private let socket: FileDescriptor
  private let path: String
  private let patience: Int
  private let deadline: UInt64

  /// Connects to the socket at `path`.
  init(path: String, patience: Int = Self.patience) throws(Failure) {
    guard (1...107).contains(path.utf8.count), !path.utf8.contains(0) else { throw .badPath(path) }
    do throws(Errno) {
      socket = try connectControlSocket(path, blocking: true, patience: patience)
    } catch {
      throw Failure(connecting: error, to: path)
    }
    self.path = path
    self.patience = patience
    deadline = EventLoop.now() + UInt64(patience) * 1_000_000_000
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
      let count = try check(unsafe recv(socket.raw, &buffer, buffer.count, 0))
      if count == 0 { throw Errno(ECONNRESET) }
      // The socket's own timeout begins anew with each piece.
      if EventLoop.now() > deadline { throw Errno(EAGAIN) }
      return Array(buffer.prefix(count))
    } catch {
      throw error.isAgain ? .timeout(path, seconds: patience) : .closed(path)
    }
  }
}

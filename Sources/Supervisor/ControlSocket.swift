import CLinux
import Channel
import Confinement
import Glibc
import Linux

/// The listening end of DIR/control.sock. Who connects is asked of the kernel and decided here; what is said on the
/// connection is the engine's business.
final class ControlSocket {
  static let perUser = 32
  static let total = 256

  private struct Client {
    let uid: UInt32
    let isAdministrator: Bool
  }
  private let socket: FileDescriptor?
  private let path: String
  private let loop: EventLoop
  private let log: Log
  private let audit: AuditTrail
  private var clients: [UInt32: Client] = [:]
  private var last: UInt32 = 0
  private var isListening = false
  /// Hands a connection to the engine; false if there is none.
  var handOver: ((Connection, Int32) -> Bool)?

  init(_ options: Options, owner: Identity, _ loop: EventLoop, _ log: Log, _ audit: AuditTrail) throws {
    path = options.runtimeDirectory + "/control.sock"
    self.loop = loop
    self.log = log
    self.audit = audit
    if options.check {
      socket = nil
      return
    }
    if path.utf8.count > 106 {
      throw StartFailure(ExitCode.usage, "\(path) is too long for a socket; choose a shorter --runtime-directory")
    }
    if unsafe mkdir(options.runtimeDirectory, 0o755) == 0, owner != .current {
      try unsafe check(chown(options.runtimeDirectory, owner.uid, owner.gid))
    }
    let socket = try openSocket(AF_UNIX, Int32(SOCK_STREAM.rawValue))
    if (try? connectSocket(socket.raw, to: socketAddress(path: path))) != nil {
      throw StartFailure(
        ExitCode.system, "another carpd serves \(path); stop it, or choose another --runtime-directory")
    }
    unsafe unlink(path)
    // Everybody may connect. Set by umask: a change by name could be led elsewhere by who owns the directory.
    let mask = umask(0o111)
    defer { _ = umask(mask) }
    do throws(Errno) { try bindSocket(socket.raw, to: socketAddress(path: path)) } catch {
      throw StartFailure(ExitCode.system, "cannot make \(path): \(error)")
    }
    self.socket = socket
  }

  /// Begins to accept.
  func listen() {
    guard let raw = socket?.raw, !isListening else { return }
    isListening = true
    _ = Glibc.listen(raw, 64)
    try? loop.watch(raw) { [unowned self] _ in accept(raw) }
  }

  /// True if `connection` was an administrator's when it was accepted.
  func isAdministrator(_ connection: UInt32) -> Bool { clients[connection]?.isAdministrator ?? false }

  func closed(_ connection: UInt32) { clients[connection] = nil }

  /// The engine that had them is gone, and so are the connections.
  func forgetAll() { clients = [:] }

  func remove() {
    if socket != nil { unsafe unlink(path) }
  }

  private func accept(_ listener: Int32) {
    let accepted = cl_accept4(listener, Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue))
    if accepted < 0 {
      // Out of descriptors: the connection waits in the queue, the loop must not spin on it.
      if errno == EMFILE || errno == ENFILE { rest(listener) }
      return
    }
    let connection = FileDescriptor(owning: accepted)
    var peer = ucred()
    var size = socklen_t(MemoryLayout<ucred>.size)
    guard unsafe getsockopt(connection.raw, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 else { return }
    let administrator = peer.uid == 0
    let ofUser = clients.values.reduce(0) { $0 + ($1.uid == peer.uid ? 1 : 0) }
    guard clients.count < ControlSocket.total, ofUser < ControlSocket.perUser else {
      return audit(.denial, "control connection of uid \(peer.uid)", .deny, cause: "too many connections")
    }
    last &+= 1
    var message = Connection()
    message.connection = last
    message.isAdministrator = administrator
    message.uid = peer.uid
    message.gid = peer.gid
    message.pid = UInt32(bitPattern: peer.pid)
    if handOver?(message, connection.raw) == true {
      clients[last] = Client(uid: peer.uid, isAdministrator: administrator)
      audit(
        .connection, "uid \(peer.uid) gid \(peer.gid) pid \(peer.pid)", cause: administrator ? "administers" : "reads")
    }
  }

  private func rest(_ listener: Int32) {
    loop.unwatch(listener)
    loop.after(milliseconds: 100) { [weak self] in try? self?.loop.watch(listener) { _ in self?.accept(listener) } }
  }
}

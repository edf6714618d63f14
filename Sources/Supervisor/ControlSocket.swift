import Channel
import Confinement

/// The listening end of DIR/control.sock. Who connects is asked of the kernel and decided here; what is said on the
/// connection, a refusal too, is the engine's business.
final class ControlSocket {
  static let perUser = 32
  static let total = 256

  private let socket: FileDescriptor
  /// Empty while this is not at any path (`--check`).
  private let path: String
  private let loop: EventLoop
  private let audit: AuditTrail
  /// The connections that the engine has.
  private var clients: [UInt32: Connection] = [:]
  private var last: UInt32 = 0
  /// Says who administers and who reads.
  var settings = Settings()

  init(_ options: Options, owner: Identity, _ loop: EventLoop, _ audit: AuditTrail) throws {
    path = options.check ? "" : options.runtimeDirectory + "/control.sock"
    socket = try openSocket(AF_UNIX, Int32(SOCK_STREAM.rawValue))
    (self.loop, self.audit) = (loop, audit)
    if options.check { return }
    if path.utf8.count > 106 {
      throw Refusal(text: "\(path) is too long for a socket; shorten --runtime-directory", code: ExitCode.usage)
    }
    if unsafe mkdir(options.runtimeDirectory, 0o755) == 0, owner != .current {
      try unsafe check(chown(options.runtimeDirectory, owner.uid, owner.gid))
    }
    if (try? connectSocket(socket.raw, to: socketAddress(path: path))) != nil {
      throw Refusal(text: "another carpd serves \(path); stop it, or choose another --runtime-directory")
    }
    unsafe unlink(path)
    // Everybody may connect. Set by umask: a change by name could be led elsewhere by who owns the directory.
    let mask = umask(0o111)
    defer { _ = umask(mask) }
    do throws(Errno) { try bindSocket(socket.raw, to: socketAddress(path: path)) } catch {
      throw Refusal(text: "cannot make \(path): \(error)")
    }
  }

  /// Accepts connections, for the engine behind `channel`.
  func serve(_ channel: Endpoint) {
    _ = listen(socket.raw, 64)
    loop.watch(socket.raw) { [unowned self] _ in accept(for: channel) }
  }

  /// True if `connection` was an administrator's when it was accepted.
  func isAdministrator(_ connection: UInt32) -> Bool { clients[connection]?.access == .administer }

  /// How records call the client of a connection.
  func name(_ connection: UInt32) -> String { clients[connection].map(ControlSocket.name) ?? "a closed connection" }
  private static func name(_ client: Connection) -> String { "uid \(client.uid) gid \(client.gid) pid \(client.pid)" }

  func closed(_ connection: UInt32) { clients[connection] = nil }

  /// The engine that had them is gone, and so are the connections; new ones wait for the next engine.
  func forgetAll() {
    clients = [:]
    loop.unwatch(socket.raw)
  }

  func remove() { unsafe unlink(path) }

  private func accept(for channel: Endpoint) {
    let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    guard let connection = try? FileDescriptor(checking: cl_accept4(socket.raw, flags)) else {
      // Out of descriptors: the connection waits in the queue, the loop must not spin on it.
      return loop.rest(socket.raw, milliseconds: 100)
    }
    guard let peer = try? option(connection.raw, SOL_SOCKET, SO_PEERCRED, capacity: 12) else { return }
    last &+= 1
    var client = Connection()
    client.connection = last
    (client.pid, client.uid, client.gid) = (peer.integer(at: 0), peer.integer(at: 4), peer.integer(at: 8))
    // A thousand groups and more cannot be told, and count as none.
    let others = try? option(connection.raw, SOL_SOCKET, SO_PEERGROUPS, capacity: 4096)
    let groups = (others?.integers() ?? []) + [client.gid]
    let administers = client.uid == 0 || groups.contains(settings.adminGID)
    let reads = administers || settings.readGroup.isEmpty || groups.contains(settings.readGID)
    let ofUser = clients.values.count { $0.uid == client.uid }
    let areTooMany = clients.count >= ControlSocket.total || ofUser >= ControlSocket.perUser
    client.access = areTooMany || !reads ? .none : administers ? .administer : .read
    let isTaken = (try? channel.send(.connection(client), descriptors: [connection.raw])) != nil
    let decision: ActDecision = client.access == .none ? .deny : isTaken ? .allow : .error
    // So many a second at most are refused, however many there are.
    if decision == .deny { loop.rest(socket.raw, milliseconds: 10) }
    if decision == .allow { clients[last] = client }
    let role = administers ? "administers" : reads ? "reads" : "in none of the groups that read or administer"
    let cause = areTooMany && reads ? "too many connections" : role
    audit.sparingly(.connection, ControlSocket.name(client), decision, origin: .supervisor, cause: cause)
  }
}

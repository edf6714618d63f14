public import Control
import Glibc
public import Linux

/// Why there is no connection to the daemon.
public enum LinkLoss: Equatable, Sendable {
  /// connect() failed so.
  case notConnected(Errno)
  /// The connection ended: as a rule the daemon was stopped or restarted.
  case closed
  /// What answers does not speak carpd's protocol, or not this version of it.
  case unintelligible
  /// A call was not answered in time.
  case timeout
  /// Without what was refused the connection is of no use.
  case refused(VarlinkError)
}

/// A connection to the daemon's control socket in an event loop, made again whenever it is lost.
public final class DaemonLink {
  /// How long a call may take, in milliseconds, a stream excepted.
  public static let patience: UInt64 = 10_000

  /// A connection was made: calls may be made from here on.
  public var onConnect: () -> Void = {}
  /// There is none, or no longer; another one is tried after a while. Calls in progress are forgotten.
  public var onLoss: (LinkLoss) -> Void = { _ in }

  /// What a call in progress does with bytes that came: whether it waits, is done, or was answered and goes on.
  private enum Progress {
    case waits, done, goesOn
  }
  private struct Pending {
    let take: (inout ClientConnection) throws(ClientError) -> Progress
    let deadline: Deadline?
  }
  private final class Connection {
    let socket: FileDescriptor
    var input = ClientConnection()
    var output: [UInt8] = []
    var pending: [Pending] = []
    init(_ socket: FileDescriptor) { self.socket = socket }
  }

  private let loop: EventLoop
  private let path: String
  private var connection: Connection?
  private var backoff = Backoff(first: 100, limit: 5_000)

  /// - Parameter path: of the control socket.
  public init(path: String, loop: EventLoop) {
    self.path = path
    self.loop = loop
  }

  /// Whether there is a connection.
  public var isConnected: Bool { connection != nil }

  /// Connects, and again after each loss.
  public func connect() {
    guard connection == nil else { return }
    do throws(Errno) {
      let made = Connection(try connectControlSocket(path, blocking: false))
      loop.watch(made.socket.raw) { [unowned self] events in ready(events) }
      connection = made
    } catch {
      return lose(.notConnected(error))
    }
    onConnect()
  }

  /// Gives the connection up and makes another one at once.
  public func reconnect() {
    drop()
    connect()
  }

  /// Gives the connection up for what the daemon answered; another one is tried after a while.
  public func giveUp(_ refusal: VarlinkError) { lose(.refused(refusal)) }

  /// Calls a method. `body` gets its reply or error, for `Watch` each of its replies, and nothing if the connection is
  /// lost.
  public func call<Request: ControlRequest>(
    _ request: Request, _ body: @escaping (Result<Request.Reply, VarlinkError>) -> Void
  ) {
    guard let connection else { return }
    let isStream = Request.method == .watch
    let deadline = isStream ? nil : loop.after(milliseconds: Self.patience) { [unowned self] in lose(.timeout) }
    let take = { [unowned self] (input: inout ClientConnection) throws(ClientError) -> Progress in
      do throws(ClientError) {
        guard let reply: Request.Reply = try input.reply() else { return .waits }
        let goesOn = isStream && input.continues
        backoff.reset()
        body(.success(reply))
        return goesOn ? .goesOn : .done
      } catch {
        guard case .refused(let refusal) = error else { throw error }
        body(.failure(refusal))
        return .done
      }
    }
    connection.pending.append(Pending(take: take, deadline: deadline))
    connection.output += ClientConnection.call(request)
    flush(connection)
  }

  private func ready(_ events: UInt32) {
    guard let connection else { return }
    if events & EventLoop.writable != 0 { flush(connection) }
    guard events != EventLoop.writable else { return }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = unsafe recv(connection.socket.raw, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    if count < 0 && Errno.last.isAgain { return }
    guard count > 0 else { return lose(.closed) }
    do throws(ClientError) {
      try connection.input.receive(buffer.prefix(count))
      try answer(connection)
    } catch {
      lose(.unintelligible)
    }
  }

  private func answer(_ connection: Connection) throws(ClientError) {
    // A body may give the connection up.
    while self.connection === connection, let first = connection.pending.first {
      switch try first.take(&connection.input) {
      case .waits: return
      case .goesOn: break
      case .done:
        first.deadline?.cancel()
        if self.connection === connection { connection.pending.removeFirst() }
      }
    }
  }

  private func flush(_ connection: Connection) {
    while !connection.output.isEmpty {
      let output = connection.output
      let count = unsafe send(connection.socket.raw, output, output.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
      // What broke the connection shows when it is read from.
      guard count > 0 else { break }
      connection.output.removeFirst(count)
    }
    let interest = EventLoop.readable | (connection.output.isEmpty ? 0 : EventLoop.writable)
    loop.rewatch(connection.socket.raw, events: interest)
  }

  private func drop() {
    guard let connection else { return }
    for pending in connection.pending { pending.deadline?.cancel() }
    loop.unwatch(connection.socket.raw)
    self.connection = nil
  }

  private func lose(_ loss: LinkLoss) {
    drop()
    loop.after(milliseconds: backoff.next()) { [weak self] in self?.connect() }
    onLoss(loss)
  }
}

import Channel
import Control
import Glibc
import Linux

/// Serves the connections that the supervisor accepted. However many there are and whatever they send, one turn of the
/// loop answers at most one call, so that elections and the heartbeat keep their time.
final class ControlServer {
  /// Connections at once; beyond it the newest is closed.
  static let connectionLimit = 64
  /// How long a request may stay incomplete, or an answer unread, in nanoseconds.
  static let patience: UInt64 = 10_000_000_000
  private static let chunk = 4096

  private final class Client {
    let record: Connection
    let descriptor: FileDescriptor
    var connection = ServerConnection()
    var inputEnded = false
    /// Since when an incomplete request or an unread answer has been waiting.
    var waitingSince: UInt64?
    /// Whether it is in line to have a call answered.
    var isInLine = false
    var interest = EventLoop.readable

    init(_ descriptor: FileDescriptor, _ record: Connection) {
      self.descriptor = descriptor
      self.record = record
    }
  }

  private let loop: EventLoop
  private let answer: (ControlMethod) -> Answer
  private let closed: (UInt32) -> Void
  private var clients: [UInt32: Client] = [:]
  /// Those with a complete call, who came first first.
  private var line: [Client] = []
  private var isServing = false

  /// - Parameters:
  ///   - answer: carries out a method.
  ///   - closed: is told the number of each connection that was closed.
  init(loop: EventLoop, answer: @escaping (ControlMethod) -> Answer, closed: @escaping (UInt32) -> Void) {
    self.loop = loop
    self.answer = answer
    self.closed = closed
  }

  /// Takes over a connection.
  func accept(_ descriptor: FileDescriptor, _ record: Connection) {
    guard clients.count < Self.connectionLimit, clients[record.connection] == nil else {
      return closed(record.connection)
    }
    let client = Client(descriptor, record)
    do throws(Errno) {
      try loop.watch(client.descriptor.raw) { [weak self, weak client] events in
        if let client { self?.ready(client, events) }
      }
      clients[record.connection] = client
    } catch {
      closed(record.connection)
    }
  }

  /// Closes the connections whose patience is over.
  func expire(now: UInt64) {
    for number in clients.keys.sorted() {
      guard let client = clients[number], let since = client.waitingSince, now - min(now, since) >= Self.patience
      else { continue }
      close(client)
    }
  }

  private func ready(_ client: Client, _ events: UInt32) {
    if !client.connection.output.isEmpty {
      flush(client)
    } else if client.interest & EventLoop.readable != 0 {
      read(client)
    }
    proceed(client)
  }

  private func read(_ client: Client) {
    var buffer = [UInt8](repeating: 0, count: Self.chunk)
    let count = unsafe recv(client.descriptor.raw, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    if count > 0 {
      client.connection.receive(buffer.prefix(count))
    } else if count == 0 || !Errno.last.isAgain {
      client.inputEnded = true
    }
  }

  private func flush(_ client: Client) {
    let output = Array(client.connection.output)
    guard !output.isEmpty else { return }
    let count = unsafe send(client.descriptor.raw, output, output.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    if count >= 0 {
      client.connection.sent(count)
    } else if !Errno.last.isAgain {
      close(client)
    }
  }

  /// Decides what `client` waits for next.
  private func proceed(_ client: Client) {
    guard clients[client.record.connection] === client else { return }
    let hasCall = client.connection.hasCall
    let hasOutput = !client.connection.output.isEmpty
    if client.connection.isBroken || (client.inputEnded && !hasCall && !hasOutput) { return close(client) }
    if hasCall && !client.isInLine {
      client.isInLine = true
      line.append(client)
      scheduleServing()
    }
    let isWaiting = hasOutput || (client.connection.hasInput && !hasCall)
    client.waitingSince = isWaiting ? client.waitingSince ?? EventLoop.now() : nil
    let reads = !client.inputEnded && !hasCall && client.connection.wantsInput
    watch(client, (reads ? EventLoop.readable : 0) | (hasOutput ? EventLoop.writable : 0))
  }

  private func watch(_ client: Client, _ interest: UInt32) {
    guard interest != client.interest else { return }
    client.interest = interest
    do throws(Errno) { try loop.rewatch(client.descriptor.raw, events: interest) } catch { close(client) }
  }

  private func scheduleServing() {
    guard !isServing else { return }
    isServing = true
    loop.after(milliseconds: 0) { [weak self] in self?.serveOne() }
  }

  private func serveOne() {
    isServing = false
    guard !line.isEmpty else { return }
    let client = line.removeFirst()
    client.isInLine = false
    if clients[client.record.connection] === client {
      if let call = client.connection.nextCall() {
        client.connection.send(respond(to: call), to: call)
        flush(client)
      }
      proceed(client)
    }
    if !line.isEmpty { scheduleServing() }
  }

  private func respond(to call: Call) -> Answer {
    switch Service.request(of: call) {
    case .answered(let known): known
    case .control(let method): answer(method)
    }
  }

  private func close(_ client: Client) {
    guard clients[client.record.connection] === client else { return }
    loop.unwatch(client.descriptor.raw)
    clients[client.record.connection] = nil
    closed(client.record.connection)
  }
}

import Channel
import Control
import Glibc
import Linux

/// Serves the connections that the supervisor accepted. However many there are and whatever they send, one turn of the
/// loop answers at most one call, so that elections and the heartbeat keep their time.
final class ControlServer {
  /// How a call is answered.
  enum Response {
    case answer(Answer)
    /// By `answer(_:to:)`, when it is known.
    case later
    /// With this at first, and whatever is given to `stream` from then on.
    case stream(Answer)
  }

  /// Connections at once; beyond it the newest is closed. The role may have 256 descriptors.
  static let connectionLimit = 192
  /// Refused connections that stay for a moment at once.
  static let refusedLimit = 32
  /// How long a request may stay incomplete, or an answer unread, in nanoseconds.
  static let patience: UInt64 = 10_000_000_000
  /// Bytes of answers that may wait in all; beyond it whoever has the most unread is closed.
  static let outputLimit = 8 << 20
  /// Administrators' calls, and those that a reader may not make, a second and at once: each goes into the audit log and may
  /// make every virtual host advertise. Beyond it they wait.
  static let callsPerSecond: UInt64 = 20
  private static let chunk = 4096
  /// EPOLLHUP.
  private static let hungUp: UInt32 = 0x010

  private let loop: EventLoop
  private let respond: (Call, ControlMethod, Connection) -> Response
  private let closed: (UInt32) -> Void
  private var clients: [UInt32: ControlClient] = [:]
  private var refused = 0
  /// Those with a complete call, who came first first.
  private var line: [ControlClient] = []
  private var isServing = false
  /// Calls that wait because there were too many of their kind: administrators' and others', which must not hold up those.
  private var slow = [true: SlowLine(), false: SlowLine()]
  private struct SlowLine {
    var throttle = Throttle(perSecond: ControlServer.callsPerSecond, burst: ControlServer.callsPerSecond)
    var calls: [(client: ControlClient, call: Call, method: ControlMethod)] = []
    var isScheduled = false
  }

  /// - Parameters:
  ///   - respond: carries out a method.
  ///   - closed: is told the number of each connection that was closed.
  init(
    loop: EventLoop, respond: @escaping (Call, ControlMethod, Connection) -> Response,
    closed: @escaping (UInt32) -> Void
  ) {
    self.loop = loop
    self.respond = respond
    self.closed = closed
  }

  /// Takes over a connection.
  func accept(_ descriptor: FileDescriptor, _ record: Connection) {
    if record.access == .none { return refuse(descriptor, record) }
    guard clients.count < Self.connectionLimit, clients[record.connection] == nil else {
      return closed(record.connection)
    }
    let client = ControlClient(descriptor, record)
    clients[record.connection] = client
    loop.watch(client.descriptor.raw) { [weak self, weak client] events in
      if let client { self?.ready(client, events) }
    }
  }

  /// Says why, unasked: the reply to a call that is not read. The connection stays for as long as it takes to send the call.
  private func refuse(_ descriptor: FileDescriptor, _ record: Connection) {
    let error = VarlinkError.notAuthorized(method: "", uid: Int(record.uid))
    guard refused < Self.refusedLimit, let reply = Answer.failure(error).message() else {
      return closed(record.connection)
    }
    _ = unsafe send(descriptor.raw, reply, reply.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    refused += 1
    loop.after(milliseconds: 100) { [weak self] in
      _ = descriptor
      self?.refused -= 1
      self?.closed(record.connection)
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

  /// Whether the connection is there.
  func has(_ connection: UInt32) -> Bool { clients[connection] != nil }

  /// Gives the answer that was to come later; nothing if the client is gone.
  func answer(_ answer: Answer, to connection: UInt32) {
    guard let client = clients[connection], !client.isStreaming else { return }
    client.connection.finish(answer)
    proceed(client)
    relieve()
  }

  /// Gives all streams the next message. Nothing is sent before the loop turns.
  func stream(_ reply: WatchReply) {
    let watching = clients.values.filter(\.isStreaming)
    guard !watching.isEmpty, let message = Answer.reply(reply).message(continues: true) else { return }
    for client in watching {
      client.stream(message)
      proceed(client)
    }
    relieve()
  }

  // MARK: Input and output

  private func ready(_ client: ControlClient, _ events: UInt32) {
    if !client.connection.output.isEmpty {
      flush(client)
    } else if client.interest & EventLoop.readable != 0 {
      read(client)
    } else if client.connection.isAnswering, events & Self.hungUp != 0 {
      // Nobody waits for the answer any more.
      close(client)
    }
    proceed(client)
  }

  private func read(_ client: ControlClient) {
    var buffer = [UInt8](repeating: 0, count: Self.chunk)
    let count = unsafe recv(client.descriptor.raw, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    if count > 0 {
      client.connection.receive(buffer.prefix(count))
    } else if count == 0 || !Errno.last.isAgain {
      client.inputEnded = true
    }
  }

  private func flush(_ client: ControlClient) {
    let output = Array(client.connection.output)
    guard !output.isEmpty else { return }
    let count = unsafe send(client.descriptor.raw, output, output.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    if count >= 0 {
      client.connection.sent(count)
      client.tellMissed()
    } else if !Errno.last.isAgain {
      close(client)
    }
  }

  /// Decides what `client` waits for next.
  private func proceed(_ client: ControlClient) {
    guard clients[client.record.connection] === client else { return }
    let hasCall = client.connection.hasCall
    let hasOutput = !client.connection.output.isEmpty
    let isAnswering = client.connection.isAnswering
    if client.connection.isBroken || (client.inputEnded && !hasCall && !hasOutput && !isAnswering) {
      return close(client)
    }
    if hasCall && !client.isInLine {
      client.isInLine = true
      line.append(client)
      scheduleServing()
    }
    // A stream may be read as slowly as one likes, and who waits for an answer need not send.
    let isWaiting = !isAnswering && (hasOutput || (client.connection.hasInput && !hasCall))
    client.waitingSince = isWaiting ? client.waitingSince ?? EventLoop.now() : nil
    let reads = !client.inputEnded && !hasCall && client.connection.wantsInput
    watch(client, (reads ? EventLoop.readable : 0) | (hasOutput ? EventLoop.writable : 0))
  }

  private func watch(_ client: ControlClient, _ interest: UInt32) {
    guard interest != client.interest else { return }
    client.interest = interest
    loop.rewatch(client.descriptor.raw, events: interest)
  }

  private func relieve() {
    while clients.values.reduce(0, { $0 + $1.connection.output.count }) > Self.outputLimit,
      let worst = clients.values.max(by: { $0.connection.output.count < $1.connection.output.count })
    {
      close(worst)
    }
  }

  private func close(_ client: ControlClient) {
    guard clients[client.record.connection] === client else { return }
    loop.unwatch(client.descriptor.raw)
    clients[client.record.connection] = nil
    closed(client.record.connection)
  }

  // MARK: Calls

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
      if let call = client.connection.nextCall() { sort(call, of: client) }
      proceed(client)
    }
    if !line.isEmpty { scheduleServing() }
  }

  private func sort(_ call: Call, of client: ControlClient) {
    switch Service.request(of: call) {
    case .answered(let known): perform(.answer(known), for: client)
    case .control(let method):
      guard method.isForAdministrators else { return perform(respond(call, method, client.record), for: client) }
      let kind = client.record.access == .administer
      slow[kind]?.calls.append((client, call, method))
      serveSlow(kind)
    }
  }

  private func serveSlow(_ kind: Bool) {
    while let next = slow[kind]?.calls.first {
      guard slow[kind]?.throttle.take(now: EventLoop.now()) == true else { return scheduleSlow(kind) }
      slow[kind]?.calls.removeFirst()
      let client = next.client
      // Whoever does not wait for the outcome may be gone.
      guard clients[client.record.connection] === client else { continue }
      perform(respond(next.call, next.method, client.record), for: client)
      proceed(client)
    }
  }

  private func scheduleSlow(_ kind: Bool) {
    guard slow[kind]?.isScheduled == false else { return }
    slow[kind]?.isScheduled = true
    loop.after(milliseconds: 1000 / Self.callsPerSecond) { [weak self] in
      self?.slow[kind]?.isScheduled = false
      self?.serveSlow(kind)
    }
  }

  private func perform(_ response: Response, for client: ControlClient) {
    switch response {
    case .answer(let answer): client.connection.finish(answer)
    case .later: return
    case .stream(let first):
      guard let message = first.message(continues: true) else { return close(client) }
      client.isStreaming = true
      _ = client.connection.stream(message)
    }
    flush(client)
    relieve()
  }
}

@_exported public import Linux

/// One end of a channel between two of carpd's processes.
///
/// Back-pressure: the socket's buffer is the queue. A message for which there is no room is dropped where it was only
/// offered (frames, advertisements: stale when late); else the peer counts as gone: it hangs, and waiting for it would
/// hang this side too.
public final class Endpoint {
  /// What a received datagram was.
  public enum Incoming {
    /// The descriptors that came along belong to whoever receives this.
    case packet(Packet, [Int32])
    /// Not a message: unknown version or type, a field that is not legal, too long or too short.
    case malformed
    /// EOF, or ECONNRESET where the peer died with datagrams unread.
    case gone
  }

  private let socket: FileDescriptor
  private let loop: EventLoop
  private var lastID: UInt32 = 0
  /// Called once, when there is no room for what must be said or the peer is gone while sending.
  public var onHang: (() -> Void)?

  public init(_ socket: FileDescriptor, loop: EventLoop) { (self.socket, self.loop) = (socket, loop) }

  /// Calls `body` whenever something may be received.
  public func listen(_ body: @escaping () -> Void) { loop.watch(socket.raw) { _ in body() } }

  /// Tells the peer that nothing more will come: it reads end of file.
  public func finish() { _ = shutdown(socket.raw, Int32(SHUT_WR)) }

  /// Stops listening; the descriptor closes with the endpoint.
  public func close() { loop.unwatch(socket.raw) }

  /// Sends one message and returns its id: they increase by one.
  @discardableResult
  public func send(_ message: Message) -> UInt32 {
    if offer(message) == nil { onHang.take()?() }
    return lastID
  }

  /// The same if there is room for it; else it is dropped, and the answer is nil.
  @discardableResult
  public func offer(_ message: Message) -> UInt32? {
    let failure = attempt { () throws(Errno) in try send(message, descriptors: []) }
    if let failure, !failure.isAgain && failure.number != ENOBUFS { onHang.take()?() }
    return failure == nil ? lastID : nil
  }

  /// Sends one message with descriptors, at once or not at all.
  public func send(_ message: Message, descriptors: [Int32]) throws(Errno) {
    lastID &+= 1
    try sendDatagram(socket.raw, message.bytes(id: lastID), descriptors: descriptors)
  }

  /// Receives one message and at most `limit` descriptors. With none the kernel discards what a hostile peer sent along,
  /// and says so.
  public func receive(descriptors limit: Int = 0) throws(Errno) -> Incoming {
    let datagram: Datagram
    do throws(Errno) {
      datagram = try receiveDatagram(socket.raw, capacity: Packet.capacity, ancillary: limit == 0 ? 0 : 64)
    } catch {
      // A peer that died with datagrams unread: its own last ones lie behind the error.
      if error.number != ECONNRESET { throw error }
      return try receive(descriptors: limit)
    }
    if datagram.length == 0 { return .gone }
    if !datagram.isCut, datagram.descriptors.count <= limit, let packet = try? Packet(bytes: datagram.bytes) {
      return .packet(packet, datagram.descriptors)
    }
    for descriptor in datagram.descriptors { Glibc.close(descriptor) }
    return .malformed
  }
}

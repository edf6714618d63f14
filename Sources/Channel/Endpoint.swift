import CLinux
import Glibc
public import Linux

/// One end of a channel between two of carpd's processes.
///
/// Back-pressure: a message that the socket has no room for waits in a queue of at most `queueLimit`; droppable ones
/// (frames, advertisements: stale when late) are dropped instead. A peer that lets the queue overflow counts as gone:
/// it hangs, and waiting for it would hang this side too.
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

  /// Messages that wait for the peer to read.
  public var queued: Int { queue.count }

  /// Messages waiting at most; beyond it the peer counts as hung.
  public static let queueLimit = 20_000
  private let socket: FileDescriptor
  private let loop: EventLoop
  private var queue: [[UInt8]] = []
  private var lastID: UInt32 = 0
  private var closed = false
  /// Droppable messages that found no room.
  public private(set) var dropped: UInt64 = 0
  /// Called once, when the queue overflows or the peer is gone while sending.
  public var onHang: (() -> Void)?

  public init(_ socket: FileDescriptor, loop: EventLoop) {
    self.socket = socket
    self.loop = loop
  }
  public var descriptor: Int32 { socket.raw }

  /// Calls `body` whenever something may be received.
  public func listen(_ body: @escaping () -> Void) throws(Errno) {
    try loop.watch(socket.raw) { [weak self] events in
      if events & EventLoop.writable != 0 { self?.flush() }
      if events & ~EventLoop.writable != 0 { body() }
    }
  }

  /// Leaves what arrives unread, or reads on.
  public func pause(_ paused: Bool) { try? loop.rewatch(socket.raw, events: paused ? 0 : EventLoop.readable) }

  /// Tells the peer that nothing more will come: it reads end of file.
  public func finish() { _ = shutdown(socket.raw, Int32(SHUT_WR)) }

  /// Stops listening; the descriptor closes with the endpoint.
  public func close() {
    closed = true
    loop.unwatch(socket.raw)
  }

  /// Queues or sends one message and returns its id. Ids increase by one.
  @discardableResult
  public func send(_ message: Message, droppable: Bool = false) -> UInt32 {
    lastID &+= 1
    let bytes = message.bytes(id: lastID)
    if !queue.isEmpty || !transmit(bytes) {
      if droppable {
        dropped += 1
      } else if queue.count >= Endpoint.queueLimit {
        hang()
      } else {
        queue.append(bytes)
        try? loop.rewatch(socket.raw, events: EventLoop.readable | EventLoop.writable)
      }
    }
    return lastID
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
      if error.number == ECONNRESET { return .gone }
      throw error
    }
    if datagram.length == 0 { return .gone }
    if !datagram.isCut, datagram.descriptors.count <= limit, let packet = Packet(bytes: datagram.bytes) {
      return .packet(packet, datagram.descriptors)
    }
    for descriptor in datagram.descriptors { Glibc.close(descriptor) }
    return .malformed
  }

  private func transmit(_ bytes: [UInt8]) -> Bool {
    do throws(Errno) { try sendDatagram(socket.raw, bytes) } catch {
      if error.isAgain || error.number == ENOBUFS { return false }
      hang()
    }
    return true
  }

  private func flush() {
    var sent = 0
    while sent < queue.count && !closed && transmit(queue[sent]) { sent += 1 }
    queue.removeFirst(min(sent, queue.count))
    if queue.isEmpty && !closed { try? loop.rewatch(socket.raw, events: EventLoop.readable) }
  }

  private func hang() {
    let handler = onHang
    onHang = nil
    handler?()
  }
}

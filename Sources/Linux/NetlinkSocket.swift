import CLinux
import Glibc

/// The kernel's refusal of a netlink request, with its own words where it had any (NETLINK_EXT_ACK).
public struct NetlinkError: Error, Equatable, Sendable, CustomStringConvertible {
  public let errno: Errno
  public let text: String
  public init(errno: Errno, text: String) {
    self.errno = errno
    self.text = text
  }
  public var description: String { text.isEmpty ? "\(errno)" : "\(errno): \(text)" }
}

/// One message from the kernel: its type and what follows the header.
public struct NetlinkEvent: Sendable {
  public let type: Int
  public let body: NetlinkReader
}

/// An rtnetlink socket.
public struct NetlinkSocket: ~Copyable {
  /// More acknowledgements than this at once overflow the default receive buffer (measured).
  public static let batchLimit = 128
  private let socket: FileDescriptor
  private var sequence: UInt32 = 0
  public var descriptor: Int32 { socket.raw }

  /// `groups`: RTMGRP_* bits to listen to; 0 for a socket that only asks.
  public init(groups: UInt32 = 0) throws(Errno) {
    let socket = try openSocket(AF_NETLINK, Int32(SOCK_RAW.rawValue), NETLINK_ROUTE)
    try setOption(socket.raw, SOL_NETLINK, NETLINK_EXT_ACK, Int32(1))
    try setOption(socket.raw, SOL_NETLINK, NETLINK_CAP_ACK, Int32(1))
    // SO_RCVBUFFORCE: CAP_NET_ADMIN allows more than the system's limit.
    try setOption(socket.raw, SOL_SOCKET, SO_RCVBUFFORCE, Int32(4 << 20))
    var address = sockaddr_nl(nl_family: UInt16(AF_NETLINK), nl_pad: 0, nl_pid: 0, nl_groups: groups)
    let size = socklen_t(MemoryLayout<sockaddr_nl>.size)
    let bound = unsafe withUnsafePointer(to: &address) { (pointer: UnsafePointer<sockaddr_nl>) in
      unsafe bind(socket.raw, UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), size)
    }
    try check(bound)
    self.socket = socket
  }

  /// Sends all requests, in order, and returns the outcome of each: nil where it succeeded. One failure does not stop
  /// the rest. The kernel works on rtnetlink requests within the send, so this never waits for anything else.
  public mutating func perform(_ requests: [NetlinkMessage]) -> [NetlinkError?] {
    var outcomes: [NetlinkError?] = []
    var rest = requests[...]
    while !rest.isEmpty {
      let batch = rest.prefix(NetlinkSocket.batchLimit)
      rest = rest.dropFirst(batch.count)
      outcomes += perform(batch: Array(batch))
    }
    return outcomes
  }

  /// The same for one request.
  public mutating func perform(_ request: NetlinkMessage) throws(NetlinkError) {
    if let error = perform([request]).first ?? nil { throw error }
  }

  private mutating func perform(batch: [NetlinkMessage]) -> [NetlinkError?] {
    let first = sequence &+ 1
    var bytes: [UInt8] = []
    for request in batch {
      sequence &+= 1
      bytes += request.finished(sequence: sequence)
    }
    let lost = NetlinkError(errno: Errno(ENOBUFS), text: "the kernel's answer was lost")
    var outcomes = [NetlinkError?](repeating: lost, count: batch.count)
    if unsafe send(socket.raw, bytes, bytes.count, 0) < 0 {
      return Array(repeating: NetlinkError(errno: .last, text: ""), count: batch.count)
    }
    var answered = 0
    // Each acknowledgement is a datagram of its own, and all of them are there by now.
    while answered < batch.count
      && receive({ type, sequence, body in
        let index = Int(sequence &- first)
        guard type == NLMSG_ERROR, outcomes.indices.contains(index) else { return }
        answered += 1
        let number = -body.integer(at: 0, as: Int32.self)
        // NLM_F_CAPPED: of the request only its header is echoed, then come the attributes.
        let text = body.attributes(from: 4 + MemoryLayout<nlmsghdr>.size)[Int(NLMSGERR_ATTR_MSG.rawValue)]?.text ?? ""
        outcomes[index] = number == 0 ? nil : NetlinkError(errno: Errno(number), text: text)
      })
    {}
    return outcomes
  }

  /// Asks a question and returns the answer's messages: one, or with NLM_F_DUMP everything of a kind.
  public mutating func ask(_ question: NetlinkMessage) throws(Errno) -> [NetlinkEvent] {
    sequence &+= 1
    let request = question.finished(sequence: sequence)
    try unsafe check(send(socket.raw, request, request.count, 0))
    var events: [NetlinkEvent] = []
    var done = false
    // A dump comes in several datagrams, each made by the kernel as the one before is read.
    while !done {
      let wanted = sequence
      let some = receive { type, sequence, body in
        guard sequence == wanted else { return }
        if type == NLMSG_DONE || type == NLMSG_ERROR {
          done = true
        } else {
          events.append(NetlinkEvent(type: type, body: body))
        }
      }
      if !some { throw Errno(ENOBUFS) }
    }
    return events
  }

  /// Reads all that has arrived. ENOBUFS: the kernel had to drop events behind these, so the caller must ask anew.
  public func events(_ body: (NetlinkEvent) -> Void) throws(Errno) {
    var isComplete = true
    while true {
      let more = receive { type, _, reader in body(NetlinkEvent(type: type, body: reader)) }
      if more { continue }
      guard errno == ENOBUFS else { break }
      isComplete = false
    }
    if !isComplete { throw Errno(ENOBUFS) }
  }

  /// Hands over the messages of one datagram; false if none could be read (errno tells why). Only the kernel may speak.
  @discardableResult
  private func receive(_ body: (Int, UInt32, NetlinkReader) -> Void) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var sender = sockaddr_nl()
    var size = socklen_t(MemoryLayout<sockaddr_nl>.size)
    let count = unsafe withUnsafeMutablePointer(to: &sender) { (pointer: UnsafeMutablePointer<sockaddr_nl>) in
      unsafe recvfrom(
        socket.raw, &buffer, buffer.count, Int32(MSG_DONTWAIT),
        UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: sockaddr.self), &size)
    }
    if count < 0 { return false }
    guard sender.nl_pid == 0 else { return true }
    var rest = buffer[..<count]
    let headerSize = MemoryLayout<nlmsghdr>.size
    while rest.count >= headerSize {
      let reader = NetlinkReader(rest)
      let length = Int(reader.integer(at: 0, as: UInt32.self))
      guard length >= headerSize, length <= rest.count else { break }
      let payload = NetlinkReader(rest.dropFirst(headerSize).prefix(length - headerSize))
      body(Int(reader.integer(at: 4, as: UInt16.self)), reader.integer(at: 8), payload)
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return true
  }
}

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

/// One message from the kernel: its type, the request it answers, and what follows the header.
public struct NetlinkEvent: Sendable {
  public let type: Int
  let sequence: UInt32
  public let body: NetlinkReader
}

/// An rtnetlink socket.
public struct NetlinkSocket {
  /// More acknowledgements than this at once overflow the default receive buffer (measured).
  public static let batchLimit = 128
  private let socket: FileDescriptor
  private var sequence: UInt32 = 0
  public var descriptor: Int32 { socket.raw }

  /// `groups`: RTMGRP_* bits to listen to; 0 for a socket that only asks.
  public init(groups: UInt32 = 0) throws(Errno) {
    socket = try openSocket(AF_NETLINK, Int32(SOCK_RAW.rawValue), NETLINK_ROUTE)
    try setOption(socket.raw, SOL_NETLINK, NETLINK_EXT_ACK, Int32(1))
    try setOption(socket.raw, SOL_NETLINK, NETLINK_CAP_ACK, Int32(1))
    // SO_RCVBUFFORCE: CAP_NET_ADMIN allows more than the system's limit.
    try setOption(socket.raw, SOL_SOCKET, SO_RCVBUFFORCE, Int32(4 << 20))
    let address = sockaddr_nl(nl_family: UInt16(AF_NETLINK), nl_pad: 0, nl_pid: 0, nl_groups: groups)
    try bindSocket(socket.raw, to: rawBytes(address))
  }

  /// Sends all requests, in order, and returns the outcome of each: nil where it succeeded. One failure does not stop
  /// the rest. The kernel works on rtnetlink requests within the send, so this never waits for anything else.
  public mutating func perform(_ requests: [NetlinkMessage]) -> [NetlinkError?] {
    var outcomes: [NetlinkError?] = []
    while outcomes.count < requests.count {
      outcomes += perform(batch: requests.dropFirst(outcomes.count).prefix(NetlinkSocket.batchLimit))
    }
    return outcomes
  }

  /// The same for one request.
  public mutating func perform(_ request: NetlinkMessage) throws(NetlinkError) {
    if let error = perform([request]).first ?? nil { throw error }
  }

  private mutating func perform(batch: ArraySlice<NetlinkMessage>) -> [NetlinkError?] {
    let first = sequence &+ 1
    var bytes: [UInt8] = []
    for request in batch {
      sequence &+= 1
      bytes += request.finished(sequence: sequence)
    }
    do throws(Errno) { try sendDatagram(socket.raw, bytes) } catch {
      return Array(repeating: NetlinkError(errno: error, text: ""), count: batch.count)
    }
    let lost = NetlinkError(errno: Errno(ENOBUFS), text: "the kernel's answer was lost")
    var outcomes = [NetlinkError?](repeating: lost, count: batch.count)
    var answered = 0
    // Each acknowledgement is a datagram of its own, and all of them are there by now.
    while answered < batch.count, let answers = try? receive() {
      for answer in answers {
        let index = Int(answer.sequence &- first)
        guard answer.type == NLMSG_ERROR, outcomes.indices.contains(index) else { continue }
        answered += 1
        let number = answer.body.integer(as: Int32.self)
        // NLM_F_CAPPED: of the request only its header is echoed, then come the attributes.
        let words = answer.body.attributes(from: 4 + MemoryLayout<nlmsghdr>.size)[Int(NLMSGERR_ATTR_MSG.rawValue)]
        outcomes[index] = number == 0 ? nil : NetlinkError(errno: Errno(0 &- number), text: words?.text ?? "")
      }
    }
    return outcomes
  }

  /// Asks a question and returns the answer's messages: one, or with NLM_F_DUMP everything of a kind.
  public mutating func ask(_ question: NetlinkMessage) throws(Errno) -> [NetlinkEvent] {
    sequence &+= 1
    try sendDatagram(socket.raw, question.finished(sequence: sequence))
    var found: [NetlinkEvent] = []
    // A dump comes in several datagrams, each made by the kernel as the one before is read.
    while true {
      for event in try receive() where event.sequence == sequence {
        if event.type == NLMSG_DONE || event.type == NLMSG_ERROR { return found }
        found.append(event)
      }
    }
  }

  /// Reads all that has arrived. ENOBUFS: the kernel had to drop events behind these, so the caller must ask anew.
  public func events(_ body: (NetlinkEvent) -> Void) throws(Errno) {
    var isComplete = true
    while true {
      do throws(Errno) { for event in try receive() { body(event) } } catch {
        if error.number != ENOBUFS { break }
        isComplete = false
      }
    }
    if !isComplete { throw Errno(ENOBUFS) }
  }

  /// The messages of one datagram. Only the kernel may speak: what another process sends is no message.
  private func receive() throws(Errno) -> [NetlinkEvent] {
    let datagram = try receiveDatagram(socket.raw, capacity: 1 << 16)
    if datagram.sender.integer(at: 4, as: UInt32.self) != 0 { return [] }
    return NetlinkReader(datagram.bytes[...]).records(UInt32.self, header: MemoryLayout<nlmsghdr>.size).map {
      NetlinkEvent(
        type: Int($0.integer(at: 4, as: UInt16.self)), sequence: $0.integer(at: 8),
        body: $0.dropping(MemoryLayout<nlmsghdr>.size))
    }
  }
}

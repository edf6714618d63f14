/// One message from the kernel: its type, the request it answers, and what follows the header.
public struct NetlinkEvent: Sendable {
  public let type: Int
  let sequence: UInt32
  public let body: NetlinkReader
}

/// An rtnetlink socket.
public struct NetlinkSocket {
  private let socket: FileDescriptor
  private var sequence: UInt32 = 0
  public var descriptor: Int32 { socket.raw }

  /// `groups`: RTMGRP_* bits to listen to; 0 for a socket that only asks.
  public init(groups: UInt32 = 0) throws(Errno) {
    socket = try openSocket(AF_NETLINK, Int32(SOCK_RAW.rawValue), NETLINK_ROUTE)
    for name in [NETLINK_EXT_ACK, NETLINK_CAP_ACK] { try setOption(socket.raw, SOL_NETLINK, name, Int32(1)) }
    // Room for the largest policy's requests at once, and for their acknowledgements (768 bytes each, measured).
    // CAP_NET_ADMIN allows more than the system's limit.
    for name in [SO_RCVBUFFORCE, SO_SNDBUFFORCE] { try setOption(socket.raw, SOL_SOCKET, name, Int32(16 << 20)) }
    let address = sockaddr_nl(nl_family: UInt16(AF_NETLINK), nl_pad: 0, nl_pid: 0, nl_groups: groups)
    try bindSocket(socket.raw, to: rawBytes(address))
  }

  /// Sends all requests, in order, and returns the outcome of each: nil where it succeeded. One failure does not stop
  /// the rest.
  public mutating func perform(_ requests: [NetlinkMessage]) -> [Errno?] { exchange(requests).outcomes }

  /// Asks a question and returns the answer's messages: one, or with NLM_F_DUMP everything of a kind.
  public mutating func ask(_ question: NetlinkMessage) throws(Errno) -> [NetlinkReader] {
    let (outcomes, answers) = exchange([question])
    if let failure = outcomes.first ?? nil { throw failure }
    return answers
  }

  /// Sends requests in one go and returns how each of them ended, and what else the kernel said to them. It works on
  /// rtnetlink requests within the send, and on a dump as it is read, so this never waits for anything else.
  private mutating func exchange(_ batch: [NetlinkMessage]) -> (outcomes: [Errno?], answers: [NetlinkReader]) {
    let first = sequence &+ 1
    sequence &+= UInt32(batch.count)
    let bytes = batch.enumerated().flatMap { $1.finished(sequence: first &+ UInt32($0)) }
    let failure = attempt { () throws(Errno) in try sendDatagram(socket.raw, bytes) }
    let unanswered = failure ?? Errno(ENOBUFS, "the kernel's answer was lost")
    var outcomes = [Errno?](repeating: unanswered, count: batch.count)
    var answers: [NetlinkReader] = []
    while let messages = try? receive() {
      for message in messages {
        let index = Int(message.sequence &- first)
        guard index < outcomes.count else { continue }
        if message.type != NLMSG_ERROR && message.type != NLMSG_DONE {
          answers.append(message.body)
          continue
        }
        let number = message.body.integer(as: Int32.self)
        // NLM_F_CAPPED: of the request only its header is echoed, then come the attributes.
        let words = message.body.attributes(from: 4 + MemoryLayout<nlmsghdr>.size)[Int(NLMSGERR_ATTR_MSG.rawValue)]
        outcomes[index] = number == 0 ? nil : Errno(0 &- number, words?.text ?? "")
      }
    }
    return (outcomes, answers)
  }

  /// Reads all that has arrived. False if the kernel had to drop events, so that the caller must ask anew.
  public func events(_ body: (NetlinkEvent) -> Void) -> Bool {
    var isWhole = true
    while true {
      do throws(Errno) { for event in try receive() { body(event) } } catch {
        if error.number != ENOBUFS { return isWhole }
        isWhole = false
      }
    }
  }

  /// The messages of one datagram. Only the kernel may speak: what another process sends is no message.
  private func receive() throws(Errno) -> [NetlinkEvent] {
    let datagram = try receiveDatagram(socket.raw, capacity: 1 << 16)
    if datagram.sender.integer(at: 4, as: UInt32.self) != 0 { return [] }
    let header = MemoryLayout<nlmsghdr>.size
    return NetlinkReader(datagram.bytes[...]).records(UInt32.self, header: header).map {
      NetlinkEvent(
        type: Int($0.integer(at: 4, as: UInt16.self)), sequence: $0.integer(at: 8), body: $0.dropping(header))
    }
  }
}

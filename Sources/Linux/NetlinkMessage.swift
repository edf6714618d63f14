/// One attribute of a netlink message, or several nested in one: in the kernel's byte order, padded to 4 bytes
/// (linux/netlink.h).
public struct NetlinkAttribute: Sendable {
  let bytes: [UInt8]

  public init(_ type: some BinaryInteger, _ value: [UInt8]) {
    let length = UInt16(truncatingIfNeeded: value.count + 4)
    let padding = [UInt8](repeating: 0, count: -value.count & 3)
    bytes = rawBytes(length) + rawBytes(UInt16(truncatingIfNeeded: type)) + value + padding
  }
  public init(_ type: some BinaryInteger, _ value: some BitwiseCopyable) { self.init(type, rawBytes(value)) }
  /// Ends with a NUL, as the kernel wants names.
  public init(_ type: some BinaryInteger, text: String) { self.init(type, Array(text.utf8) + [0]) }
  public init(_ type: some BinaryInteger, nested: [NetlinkAttribute]) { self.init(type, nested.flatMap(\.bytes)) }
}

/// A netlink request: header, the family's fixed header, attributes.
public struct NetlinkMessage: Sendable {
  private let bytes: [UInt8]

  /// `flags` in addition to NLM_F_REQUEST and NLM_F_ACK; `header` is the fixed part (ifinfomsg, ifaddrmsg, rtmsg).
  public init(_ type: Int, flags: Int32 = 0, header: some BitwiseCopyable, _ attributes: [NetlinkAttribute] = []) {
    let body = rawBytes(header) + attributes.flatMap(\.bytes)
    let fixed = nlmsghdr(
      nlmsg_len: UInt32(truncatingIfNeeded: MemoryLayout<nlmsghdr>.size + body.count),
      nlmsg_type: UInt16(truncatingIfNeeded: type),
      nlmsg_flags: UInt16(truncatingIfNeeded: NLM_F_REQUEST | NLM_F_ACK | flags), nlmsg_seq: 0, nlmsg_pid: 0)
    bytes = rawBytes(fixed) + body
  }

  /// The message as it goes out, with its sequence number.
  func finished(sequence: UInt32) -> [UInt8] { bytes.prefix(8) + rawBytes(sequence) + bytes.dropFirst(12) }
}

/// The bytes of a plain value as they lie in memory.
public func rawBytes(_ value: some BitwiseCopyable) -> [UInt8] {
  unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
}

import CLinux

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
  public init(
    _ type: Int, flags: Int32 = 0, header: some BitwiseCopyable, _ attributes: [NetlinkAttribute] = []
  ) {
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

/// Bytes from the kernel, read with bounds checks: fixed headers and attributes.
public struct NetlinkReader: Sendable {
  public let bytes: ArraySlice<UInt8>
  public init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// The integer at `offset`, 0 if the message ends before it.
  public func integer<T: FixedWidthInteger>(at offset: Int = 0, as: T.Type = T.self) -> T {
    guard offset >= 0, bytes.count - offset >= MemoryLayout<T>.size else { return 0 }
    return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
  }

  /// Text up to the first NUL.
  public var text: String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

  /// The attributes from `offset` on, by type (without the nesting flag); of repeated ones the last.
  public func attributes(from offset: Int = 0) -> [Int: NetlinkReader] {
    var found: [Int: NetlinkReader] = [:]
    var rest = bytes.dropFirst(offset)
    while rest.count >= 4 {
      let reader = NetlinkReader(rest)
      let length = Int(reader.integer(at: 0, as: UInt16.self))
      let type = Int(reader.integer(at: 2, as: UInt16.self) & 0x3fff)
      guard length >= 4, length <= rest.count else { break }
      found[type] = NetlinkReader(rest.dropFirst(4).prefix(length - 4))
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return found
  }
}

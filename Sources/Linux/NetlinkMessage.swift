import CLinux

/// A netlink message under construction: header, family header, attributes, nested as they mean. Everything is in the
/// kernel's byte order, 4-byte aligned (linux/netlink.h).
public struct NetlinkMessage: Sendable {
  public private(set) var bytes: [UInt8]

  /// `flags` in addition to NLM_F_REQUEST and NLM_F_ACK; `header` is the fixed part (ifinfomsg, ifaddrmsg, rtmsg).
  public init<Header: BitwiseCopyable>(_ type: Int, flags: Int32 = 0, header: Header) {
    let fixed = nlmsghdr(
      nlmsg_len: 0, nlmsg_type: UInt16(truncatingIfNeeded: type),
      nlmsg_flags: UInt16(truncatingIfNeeded: NLM_F_REQUEST | NLM_F_ACK | flags), nlmsg_seq: 0, nlmsg_pid: 0)
    bytes = []
    append(fixed)
    append(header)
  }

  public mutating func attribute(_ type: Int, _ value: UInt32) { attribute(type) { $0.append(value) } }
  public mutating func attribute(_ type: Int, _ value: UInt8) { attribute(type) { $0.append(value) } }
  public mutating func attribute(_ type: Int, _ value: [UInt8]) { attribute(type) { $0.bytes += value } }
  /// A NUL-terminated string.
  public mutating func attribute(_ type: Int, _ value: String) {
    attribute(type) { $0.bytes += Array(value.utf8) + [0] }
  }
  public mutating func attribute(_ type: Int, _ value: some BitwiseCopyable) { attribute(type) { $0.append(value) } }
  /// An attribute made of the attributes that `body` adds.
  public mutating func nest(_ type: Int, _ body: (inout NetlinkMessage) -> Void) { attribute(type, body) }

  private mutating func attribute(_ type: Int, _ body: (inout NetlinkMessage) -> Void) {
    let start = bytes.count
    append(UInt16(0))
    append(UInt16(truncatingIfNeeded: type))
    body(&self)
    let length = UInt16(truncatingIfNeeded: bytes.count - start)
    put(length, at: start)
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  private mutating func append(_ value: some BitwiseCopyable) {
    bytes += rawBytes(value)
  }

  private mutating func put(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
    for (index, byte) in rawBytes(value).enumerated() { bytes[offset + index] = byte }
  }

  /// The message as it goes out, with its length and sequence number.
  func finished(sequence: UInt32) -> [UInt8] {
    var copy = self
    copy.put(UInt32(truncatingIfNeeded: bytes.count), at: 0)
    copy.put(sequence, at: 8)
    return copy.bytes
  }
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

/// Bytes from the kernel, read with bounds checks: fixed headers, attributes, ancillary data.
public struct NetlinkReader: Sendable {
  public let bytes: ArraySlice<UInt8>
  public init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// The integer at `offset`, 0 if the message ends before it.
  public func integer<T: FixedWidthInteger>(at offset: Int = 0, as: T.Type = T.self) -> T {
    guard offset >= 0, bytes.count - offset >= MemoryLayout<T>.size else { return 0 }
    return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
  }

  /// All of it as integers.
  public func integers<T: FixedWidthInteger>(_: T.Type = T.self) -> [T] {
    stride(from: 0, to: bytes.count, by: MemoryLayout<T>.size).map { integer(at: $0) }
  }

  /// Text up to the first NUL.
  public var text: String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

  /// What follows the first `count` bytes.
  public func dropping(_ count: Int) -> NetlinkReader { NetlinkReader(bytes.dropFirst(count)) }

  /// The attributes from `offset` on, by type (without the nesting flag); of repeated ones the last.
  public func attributes(from offset: Int = 0) -> [Int: NetlinkReader] {
    dropping(offset).records(UInt16.self, header: 4).reduce(into: [:]) { found, record in
      found[Int(record.integer(at: 2, as: UInt16.self) & 0x3fff)] = record.dropping(4)
    }
  }

  /// The records these bytes are a row of: each begins with its own length, of which `header` bytes are the least, and
  /// is padded to a multiple of `alignment`. The row ends where a length is wrong.
  func records<Length: FixedWidthInteger>(_: Length.Type, header: Int, alignment: Int = 4) -> [NetlinkReader] {
    var found: [NetlinkReader] = []
    var rest = self
    while rest.bytes.count >= header {
      let length = Int(truncatingIfNeeded: rest.integer(as: Length.self))
      guard length >= header, length <= rest.bytes.count else { break }
      found.append(NetlinkReader(rest.bytes.prefix(length)))
      rest = rest.dropping((length + alignment - 1) / alignment * alignment)
    }
    return found
  }
}

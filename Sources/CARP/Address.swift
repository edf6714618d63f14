/// An IPv4 or IPv6 address without prefix length, port or scope.
///
/// The order is the digest's (CARP section 3): every IPv4 address before every IPv6 one, each family ascending as an
/// unsigned big-endian number.
public enum Address: Hashable, Sendable {
  case ipv4(UInt32)
  case ipv6(high: UInt64, low: UInt64)

  public var family: Family {
    switch self {
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    }
  }

  /// The address in network order: 4 bytes for IPv4, 16 for IPv6.
  public var bytes: [UInt8] {
    switch self {
    case .ipv4(let value): bigEndianBytes(value)
    case .ipv6(let high, let low): bigEndianBytes(high) + bigEndianBytes(low)
    }
  }

  /// The address with these bytes in network order, nil unless there are 4 or 16 of them.
  public init?(bytes: [UInt8]) {
    switch bytes.count {
    case 4: self = .ipv4(bigEndian(bytes[...]))
    case 16: self = .ipv6(high: bigEndian(bytes[..<8]), low: bigEndian(bytes[8...]))
    default: return nil
    }
  }

  /// Whether this is 0.0.0.0 or ::, which CARP senders without an address of their own use as source (CARP section 1).
  public var isUnspecified: Bool {
    self == .ipv4(0) || self == .ipv6(high: 0, low: 0)
  }
}

extension Address: Comparable {
  public static func < (left: Address, right: Address) -> Bool {
    switch (left, right) {
    case (.ipv4(let left), .ipv4(let right)): left < right
    case (.ipv4, .ipv6): true
    case (.ipv6, .ipv4): false
    case (.ipv6(let leftHigh, let leftLow), .ipv6(let rightHigh, let rightLow)):
      (leftHigh, leftLow) < (rightHigh, rightLow)
    }
  }
}

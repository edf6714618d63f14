extension Address {
  /// Reads a dotted quad without leading zeros, or a text form of RFC 4291 section 2.2 without a zone.
  ///
  /// Nil for everything else, such as blanks, prefix lengths, hexadecimal or shortened IPv4.
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8.prefix(Self.longestText + 1))
    guard bytes.count <= Self.longestText else { return nil }
    if bytes.contains(.colon) {
      guard let groups = Self.groups(bytes[...]) else { return nil }
      let high = groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }
      let low = groups[4...].reduce(0) { $0 << 16 | UInt64($1) }
      self = .ipv6(high: high, low: low)
    } else {
      guard let bits = Self.dottedQuad(bytes[...]) else { return nil }
      self = .ipv4(bits)
    }
  }

  /// Eight groups of four digits, the last two as a dotted quad.
  private static let longestText = 45

  private static func dottedQuad(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: .dot, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard let octet = decimal(part, upTo: 255) else { return nil }
      bits = bits << 8 | UInt32(octet)
    }
    return bits
  }

  /// A decimal number of one to three digits without leading zeros.
  static func decimal(_ text: ArraySlice<UInt8>, upTo limit: Int) -> Int? {
    guard (1...3).contains(text.count), text.count == 1 || text.first != UInt8(ascii: "0") else { return nil }
    var value = 0
    for byte in text {
      guard let digit = byte.digit(radix: 10) else { return nil }
      value = value * 10 + Int(digit)
    }
    return value <= limit ? value : nil
  }

  /// The eight groups of an IPv6 address.
  private static func groups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
    var groups: [UInt16] = []
    var gap: Int?
    var rest = text
    if rest.starts(with: [.colon, .colon]) {
      gap = 0
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      let part = rest.prefix { $0 != .colon }
      rest = rest.dropFirst(part.count)
      if part.contains(.dot) {
        guard rest.isEmpty, let bits = dottedQuad(part) else { return nil }
        groups += [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
        break
      }
      guard let group = hexadecimal(part) else { return nil }
      groups.append(group)
      guard !rest.isEmpty else { break }
      rest = rest.dropFirst()
      if rest.first == .colon {
        guard gap == nil else { return nil }
        gap = groups.count
        rest = rest.dropFirst()
      } else if rest.isEmpty {
        return nil
      }
    }
    guard let gap else { return groups.count == 8 ? groups : nil }
    // "::" stands for one group at least.
    guard groups.count < 8 else { return nil }
    groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
    return groups
  }

  private static func hexadecimal(_ text: ArraySlice<UInt8>) -> UInt16? {
    guard (1...4).contains(text.count) else { return nil }
    var value: UInt16 = 0
    for byte in text {
      guard let digit = byte.digit(radix: 16) else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}

extension Address: CustomStringConvertible {
  /// The dotted quad, or the canonical form of RFC 5952.
  public var description: String {
    switch self {
    case .ipv4(let bits): Self.dottedQuad(bits)
    case .ipv6(0, let low) where low >> 32 == 0xFFFF: "::ffff:" + Self.dottedQuad(UInt32(truncatingIfNeeded: low))
    case .ipv6(let high, let low): Self.canonical([high, low])
    }
  }

  private static func dottedQuad(_ bits: UInt32) -> String {
    [24, 16, 8, 0].map { String(bits >> $0 & 0xFF) }.joined(separator: ".")
  }

  private static func canonical(_ halves: [UInt64]) -> String {
    let groups = halves.flatMap { half in [48, 32, 16, 0].map { half >> $0 & 0xFFFF } }
    // The first of the longest runs of zero groups is left out, if it has two at least.
    var gap = 0..<0
    var start = 0
    for (index, group) in groups.enumerated() {
      if group != 0 {
        start = index + 1
      } else if index + 1 - start > max(gap.count, 1) {
        gap = start..<index + 1
      }
    }
    func text(_ groups: ArraySlice<UInt64>) -> String {
      groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
    if gap.isEmpty { return text(groups[...]) }
    return text(groups[..<gap.lowerBound]) + "::" + text(groups[gap.upperBound...])
  }
}

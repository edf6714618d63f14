// The textual forms of addresses: RFC 4291 section 2.2 in, RFC 5952 out.

extension Address: CustomStringConvertible {
  /// The address as text: dotted decimal, or the canonical form of RFC 5952.
  public var description: String {
    switch self {
    case .ipv4: bytes.map { String($0) }.joined(separator: ".")
    case .ipv6: ipv6Text(groups: groups)
    }
  }

  /// Parses dotted decimal (four numbers without leading zeros) or any form of RFC 4291 section 2.2 without a zone.
  ///
  /// Nil if `text` is not exactly one address.
  public init?(_ text: String) {
    // The longest IPv6 text has 45 characters; nothing longer is looked at.
    guard text.utf8.count <= 45 else { return nil }
    let characters = Array(text.utf8)
    if let value = ipv4Value(characters[...]) {
      self = .ipv4(value)
    } else if let groups = ipv6Groups(characters[...]) {
      let words = groups.map { UInt64($0) }
      guard words.count == 8 else { return nil }
      self = .ipv6(
        high: words[..<4].reduce(0) { $0 << 16 | $1 },
        low: words[4...].reduce(0) { $0 << 16 | $1 })
    } else {
      return nil
    }
  }

  /// The sixteen-bit groups of the address, most significant first.
  private var groups: [UInt16] {
    let bytes = self.bytes
    return stride(from: 0, to: bytes.count, by: 2).map { bigEndian(bytes[$0..<$0 + 2]) }
  }
}

/// RFC 5952 section 4: lower case, no leading zeros, "::" for the longest run of two or more zero groups (the first of
/// equals); section 5: the last four bytes of an IPv4-mapped address dotted.
private func ipv6Text(groups: [UInt16]) -> String {
  if groups.count == 8, groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xffff {
    return "::ffff:" + Address.ipv4(UInt32(groups[6]) << 16 | UInt32(groups[7])).description
  }
  func hexadecimal(_ groups: some Sequence<UInt16>) -> String {
    groups.map { String($0, radix: 16) }.joined(separator: ":")
  }
  guard let zeros = longestZeroRun(groups) else { return hexadecimal(groups) }
  return hexadecimal(groups[..<zeros.lowerBound]) + "::" + hexadecimal(groups[zeros.upperBound...])
}

/// The first longest run of at least two zero groups.
private func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
  var longest = 0..<1
  var start = 0
  for (index, group) in groups.enumerated() {
    if group != 0 {
      start = index + 1
    } else if index + 1 - start > longest.count {
      longest = start..<index + 1
    }
  }
  return longest.count > 1 ? longest : nil
}

private func ipv4Value(_ text: ArraySlice<UInt8>) -> UInt32? {
  let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  guard parts.count == 4 else { return nil }
  var value: UInt32 = 0
  for part in parts {
    guard let number = decimalByte(part) else { return nil }
    value = value << 8 | UInt32(number)
  }
  return value
}

private func decimalByte(_ digits: ArraySlice<UInt8>) -> UInt8? {
  guard (1...3).contains(digits.count) else { return nil }
  // "010" is eight to some programs and ten to others, so it is nothing here.
  if digits.count > 1, digits.first == UInt8(ascii: "0") { return nil }
  var value: UInt16 = 0
  for digit in digits {
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
    value = value * 10 + UInt16(digit - UInt8(ascii: "0"))
  }
  return UInt8(exactly: value)
}

/// The eight groups of an IPv6 address, nil if `text` is none.
private func ipv6Groups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
  let colon = UInt8(ascii: ":")
  let gap = text.indices.first { $0 + 1 < text.endIndex && text[$0] == colon && text[$0 + 1] == colon }
  guard let gap else {
    guard let groups = groupList(text, mayEndDotted: true), groups.count == 8 else { return nil }
    return groups
  }
  guard let head = groupList(text[..<gap], mayEndDotted: false),
    let tail = groupList(text[(gap + 2)...], mayEndDotted: true),
    head.count + tail.count < 8
  else { return nil }
  return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
}

/// A list of groups between colons, the last one possibly an IPv4 address. An empty text is an empty list.
private func groupList(_ text: ArraySlice<UInt8>, mayEndDotted: Bool) -> [UInt16]? {
  guard !text.isEmpty else { return [] }
  let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
  var groups: [UInt16] = []
  for (index, part) in parts.enumerated() {
    if let group = hexadecimalGroup(part) {
      groups.append(group)
    } else if mayEndDotted, index == parts.count - 1, let value = ipv4Value(part) {
      groups += [UInt16(value >> 16), UInt16(value & 0xffff)]
    } else {
      return nil
    }
  }
  return groups
}

private func hexadecimalGroup(_ digits: ArraySlice<UInt8>) -> UInt16? {
  guard (1...4).contains(digits.count) else { return nil }
  var value: UInt16 = 0
  for digit in digits {
    let number: UInt8
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): number = digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): number = digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): number = digit - UInt8(ascii: "A") + 10
    default: return nil
    }
    value = value << 4 | UInt16(number)
  }
  return value
}

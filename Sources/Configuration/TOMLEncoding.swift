/// Finds the first place where bytes are not UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
/// Returns nil if there is none.
func firstInvalidUTF8(in bytes: [UInt8]) -> Position? {
  var position = Position.start
  var index = 0
  while index < bytes.count {
    let lead = bytes[index]
    // The range of the second byte excludes overlong forms, surrogates and what lies above U+10FFFF.
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0x00...0x7F: length = 1
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return position
    }
    guard bytes.count - index >= length else { return position }
    for offset in 1..<max(length, 1) {
      let expected = offset == 1 ? second : 0x80...0xBF
      guard expected.contains(bytes[index + offset]) else { return position }
    }
    if lead == .lineFeed {
      position.line += 1
      position.column = 1
    } else {
      position.column += 1
    }
    index += length
  }
  return nil
}

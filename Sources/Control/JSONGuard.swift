/// What JSON must satisfy before the toolchain's recursive decoder may see it.
enum JSONGuard {
  /// Objects and arrays within each other, at most. carpd's own messages need five.
  static let maximumDepth = 32

  /// Whether `text` is UTF-8 and nests no deeper than the limit.
  ///
  /// A decoder reads from left to right too, so where the two would disagree about what is inside a string it has
  /// found an error before.
  static func admits(_ text: [UInt8]) -> Bool {
    guard String(validating: text, as: UTF8.self) != nil else { return false }
    var depth = 0
    var isInString = false
    var isEscaped = false
    for byte in text {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth > maximumDepth { return false }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
    return true
  }
}

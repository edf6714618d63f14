/// Integers and floating-point numbers, from the bytes of a token.
enum TOMLNumbers {
  /// Why a token is no number.
  enum Refusal: Error {
    case notANumber
    case leadingZero
    case outOfRange
  }

  /// Reads a number.
  static func value(_ token: [UInt8]) throws(Refusal) -> TOMLValue.Content {
    if token.first == UInt8(ascii: "0"), token.count > 1 {
      switch token[1] {
      case UInt8(ascii: "x"): return .integer(try integer(token.dropFirst(2), radix: 16, negative: false))
      case UInt8(ascii: "o"): return .integer(try integer(token.dropFirst(2), radix: 8, negative: false))
      case UInt8(ascii: "b"): return .integer(try integer(token.dropFirst(2), radix: 2, negative: false))
      default: break
      }
    }
    let negative = token.first == .minus
    let unsigned = negative || token.first == .plus ? token.dropFirst() : token[...]
    if unsigned.elementsEqual("inf".utf8) { return .float(negative ? -.infinity : .infinity) }
    if unsigned.elementsEqual("nan".utf8) { return .float(.nan) }

    let whole = unsigned.prefix { $0.isDecimalDigit || $0 == .underscore }
    guard isDigits(whole) else { throw .notANumber }
    guard whole.count == 1 || whole.first != UInt8(ascii: "0") else { throw .leadingZero }
    let rest = unsigned.dropFirst(whole.count)
    if rest.isEmpty { return .integer(try integer(whole, radix: 10, negative: negative)) }
    guard isFractionAndExponent(rest) else { throw .notANumber }
    let text = String(decoding: token.filter { $0 != .underscore }, as: UTF8.self)
    guard let float = Double(text) else { throw .notANumber }
    return .float(float)
  }

  /// Reads digits of a radix, with underscores between them, as 64 signed bits.
  private static func integer(
    _ digits: ArraySlice<UInt8>, radix: UInt8, negative: Bool
  ) throws(Refusal) -> Int64 {
    guard isDigits(digits, radix: radix) else { throw .notANumber }
    var value: Int64 = 0
    for byte in digits {
      guard let digit = byte.digit(radix: radix) else { continue }
      // Built up on the negative side, which reaches one further.
      let (product, overflow) = value.multipliedReportingOverflow(by: Int64(radix))
      let (sum, underflow) = product.subtractingReportingOverflow(Int64(digit))
      guard !overflow, !underflow else { throw .outOfRange }
      value = sum
    }
    if negative { return value }
    let (positive, overflow) = Int64(0).subtractingReportingOverflow(value)
    guard !overflow else { throw .outOfRange }
    return positive
  }

  /// Whether these are digits, at least one, with single underscores only between digits.
  private static func isDigits(_ bytes: ArraySlice<UInt8>, radix: UInt8 = 10) -> Bool {
    var afterDigit = false
    for byte in bytes {
      if byte == .underscore {
        guard afterDigit else { return false }
        afterDigit = false
      } else {
        guard byte.digit(radix: radix) != nil else { return false }
        afterDigit = true
      }
    }
    return afterDigit
  }

  /// Whether this is a fraction, an exponent, or a fraction and an exponent.
  private static func isFractionAndExponent(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    if rest.first == .dot {
      let fraction = rest.dropFirst().prefix { $0.isDecimalDigit || $0 == .underscore }
      guard isDigits(fraction) else { return false }
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard let mark = rest.first else { return true }
    guard mark | 0x20 == UInt8(ascii: "e") else { return false }
    rest = rest.dropFirst()
    if rest.first == .plus || rest.first == .minus { rest = rest.dropFirst() }
    return isDigits(rest)
  }
}

/// Values without quotes or brackets: booleans, numbers, dates.
extension TOMLScanner {
  /// Reads the value that begins at the byte to be read next.
  mutating func bareValue() throws(TOMLError) -> TOMLValue.Content {
    let start = position
    let token = bareToken()
    if token.isEmpty { throw failure("a value was expected; write key = value") }
    if token.elementsEqual("true".utf8) { return .boolean(true) }
    if token.elementsEqual("false".utf8) { return .boolean(false) }
    if TOMLDateTime.looksLike(token) {
      guard let dateTime = TOMLDateTime(token) else {
        throw TOMLError(
          position: start, message: "this is no date or time; write 2026-01-31, 23:59:59 or 2026-01-31T23:59:59Z")
      }
      return .dateTime(dateTime)
    }
    do {
      return try TOMLNumbers.value(token)
    } catch {
      let message =
        switch error {
        case .leadingZero: "a number may not begin with a zero; leave the zeros out"
        case .outOfRange: "this number does not fit into 64 bits; write a smaller one"
        case .notANumber: "this is no value; text needs quotes, booleans are true and false"
        }
      throw TOMLError(position: start, message: message)
    }
  }

  /// Everything up to what can follow a value. The one blank within a value is that between a date and a time.
  private mutating func bareToken() -> [UInt8] {
    var token = word()
    if token.count == 10, TOMLDateTime.looksLike(token), current == .space, byte(ahead: 1)?.isDecimalDigit == true {
      advance()
      token.append(.space)
      token += word()
    }
    return token
  }

  private mutating func word() -> [UInt8] {
    var word: [UInt8] = []
    while let byte = current, !byte.endsBareValue {
      word.append(byte)
      advance()
    }
    return word
  }
}

extension UInt8 {
  fileprivate var endsBareValue: Bool {
    switch self {
    case .space, .tab, .lineFeed, .carriageReturn, .hash, .comma, .closeBracket, .closeBrace, .equals: true
    default: false
    }
  }
}

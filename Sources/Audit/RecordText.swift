// A record as text, without the three digests at its end. The order of the keys is fixed, so that reading is a matter
// of a few dozen lines, and one record has one text only.
extension AuditRecord {
  /// The JSON object but for its closing brace.
  var text: [UInt8] {
    var text = "{\"seq\":\(sequence),\"run\":\(run),\"boot\":\(quoted(boot)),\"mono\":\(monotonic)"
    text += ",\"wall\":\(quoted(wall)),\"origin\":\(quoted(origin)),\"act\":\(quoted(act)),\"object\":\(quoted(object))"
    text += ",\"decision\":\(quoted(decision)),\"errno\":\(errno),\"duration\":\(duration)"
    text += ",\"cause\":\(quoted(cause)),\"count\":\(count)"
    if let start {
      text += ",\"format\":\(start.format),\"segment\":\(start.segment)"
      text += ",\"salt\":\"\(hexadecimal(start.salt))\",\"key\":\"\(hexadecimal(start.key))\""
      text += ",\"torn\":\(start.torn),\"torn-hash\":\"\(start.tornHash)\""
    }
    return Array(text.utf8)
  }

  /// Reads what `text` writes; nil for anything else.
  init?(text: ArraySlice<UInt8>) {
    var cursor = TextCursor(text)
    self.init()
    cursor.number("{\"seq\":", &sequence)
    cursor.number(",\"run\":", &run)
    cursor.string(",\"boot\":", &boot)
    cursor.number(",\"mono\":", &monotonic)
    cursor.string(",\"wall\":", &wall)
    cursor.string(",\"origin\":", &origin)
    cursor.string(",\"act\":", &act)
    cursor.string(",\"object\":", &object)
    cursor.string(",\"decision\":", &decision)
    cursor.number(",\"errno\":", &errno)
    cursor.number(",\"duration\":", &duration)
    cursor.string(",\"cause\":", &cause)
    cursor.number(",\"count\":", &count)
    if act == AuditRecord.startAct {
      var start = Start()
      var tornHash: [UInt8] = []
      cursor.number(",\"format\":", &start.format)
      cursor.number(",\"segment\":", &start.segment)
      cursor.digits(",\"salt\":", &start.salt)
      cursor.digits(",\"key\":", &start.key)
      cursor.number(",\"torn\":", &start.torn)
      cursor.digits(",\"torn-hash\":", &tornHash)
      guard let hash = RecordHash(hexadecimal: hexadecimal(tornHash).utf8) else { return nil }
      start.tornHash = hash
      self.start = start
    }
    guard cursor.isAtEnd else { return nil }
  }
}

/// A JSON string. Only what JSON demands is escaped.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\":
      result.unicodeScalars.append("\\")
      result.unicodeScalars.append(scalar)
    case "\0"..."\u{1f}": result += "\\u00" + hexadecimal([UInt8(truncatingIfNeeded: scalar.value)])
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

/// Reads fields one after the other; after the first that is not as expected it reads nothing any more.
private struct TextCursor {
  private var rest: ArraySlice<UInt8>
  private var isValid = true

  init(_ text: ArraySlice<UInt8>) { rest = text }

  var isAtEnd: Bool { isValid && rest.isEmpty }

  mutating func number(_ key: StaticString, _ value: inout UInt64) {
    skip(key)
    let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    // Radix 10 takes a number that is too large for nil; a leading zero would be a second text for the same number.
    guard isValid, digits.count == 1 || digits.first != UInt8(ascii: "0"),
      let number = UInt64(String(decoding: digits, as: UTF8.self))
    else { return fail() }
    value = number
    rest = rest.dropFirst(digits.count)
  }

  mutating func string(_ key: StaticString, _ value: inout String) {
    skip(key)
    guard isValid, rest.popFirst() == UInt8(ascii: "\"") else { return fail() }
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: bytes, as: UTF8.self) else { return fail() }
        value = text
        return
      case UInt8(ascii: "\\"):
        guard let escaped = escape() else { return fail() }
        bytes.append(escaped)
      case 0..<0x20: return fail()
      default: bytes.append(byte)
      }
    }
    fail()
  }

  /// A string of hexadecimal digits.
  mutating func digits(_ key: StaticString, _ value: inout [UInt8]) {
    var text = ""
    string(key, &text)
    guard let bytes = decoded(hexadecimal: text.utf8) else { return fail() }
    value = bytes
  }

  /// What follows a backslash: a quote, a backslash, or u00 and two digits of a control character.
  private mutating func escape() -> UInt8? {
    switch rest.popFirst() {
    case UInt8(ascii: "\""): return UInt8(ascii: "\"")
    case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
    case UInt8(ascii: "u"):
      skip("00")
      guard isValid, let byte = decoded(hexadecimal: rest.prefix(2))?.first, byte < 0x20 else { return nil }
      rest = rest.dropFirst(2)
      return byte
    default: return nil
    }
  }

  private mutating func skip(_ literal: StaticString) {
    let expected = Array("\(literal)".utf8)
    guard isValid, rest.starts(with: expected) else { return fail() }
    rest = rest.dropFirst(expected.count)
  }

  private mutating func fail() {
    isValid = false
    rest = []
  }
}

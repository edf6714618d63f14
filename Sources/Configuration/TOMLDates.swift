/// A date, a time, or both, with or without an offset from UTC, as TOML takes them from RFC 3339.
struct TOMLDateTime: Equatable, Sendable {
  struct Date: Equatable, Sendable {
    var year: Int
    var month: Int
    var day: Int
  }

  struct Time: Equatable, Sendable {
    var hour: Int
    var minute: Int
    /// 60 in a leap second.
    var second: Int
    /// Digits beyond nanoseconds are cut off.
    var nanosecond: Int
  }

  var date: Date?
  var time: Time?
  /// Minutes east of UTC; nil for a local time.
  var offset: Int?

  /// Whether a token can only be meant as a date or time: `1979-...` or `07:...`.
  static func looksLike(_ token: [UInt8]) -> Bool {
    let digits = token.prefix { $0.isDecimalDigit }.count
    guard digits < token.count else { return false }
    return (digits == 4 && token[digits] == .minus) || (digits == 2 && token[digits] == .colon)
  }

  /// Reads a date, a time or both. Returns nil if the token is none, or names a day or an hour that does not exist.
  init?(_ token: [UInt8]) {
    var rest = Digits(token[...])
    if token.count > 2, token[2] == .colon {
      guard let time = rest.time() else { return nil }
      self.time = time
    } else {
      guard let date = rest.date() else { return nil }
      self.date = date
      if !rest.isAtEnd {
        guard rest.accept(UInt8(ascii: "T")) || rest.accept(UInt8(ascii: "t")) || rest.accept(.space),
          let time = rest.time()
        else { return nil }
        self.time = time
        if !rest.isAtEnd {
          guard let offset = rest.offset() else { return nil }
          self.offset = offset
        }
      }
    }
    guard rest.isAtEnd else { return nil }
  }

  /// Reads the parts of a date or time, each of a fixed number of digits.
  private struct Digits {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
      self.bytes = bytes
    }

    var isAtEnd: Bool { bytes.isEmpty }

    mutating func accept(_ byte: UInt8) -> Bool {
      guard bytes.first == byte else { return false }
      bytes = bytes.dropFirst()
      return true
    }

    mutating func number(digits count: Int, in range: ClosedRange<Int>) -> Int? {
      guard bytes.count >= count else { return nil }
      var value = 0
      for byte in bytes.prefix(count) {
        guard let digit = byte.digit(radix: 10) else { return nil }
        value = value * 10 + Int(digit)
      }
      bytes = bytes.dropFirst(count)
      return range.contains(value) ? value : nil
    }

    mutating func date() -> Date? {
      guard let year = number(digits: 4, in: 0...9999), accept(.minus),
        let month = number(digits: 2, in: 1...12), accept(.minus),
        let day = number(digits: 2, in: 1...Self.days(month: month, year: year))
      else { return nil }
      return Date(year: year, month: month, day: day)
    }

    mutating func time() -> Time? {
      guard let hour = number(digits: 2, in: 0...23), accept(.colon),
        let minute = number(digits: 2, in: 0...59), accept(.colon),
        let second = number(digits: 2, in: 0...60)
      else { return nil }
      var nanosecond = 0
      if accept(.dot) {
        let fraction = bytes.prefix { $0.isDecimalDigit }
        guard !fraction.isEmpty else { return nil }
        var weight = 100_000_000
        for byte in fraction.prefix(9) {
          nanosecond += weight * Int(byte.digit(radix: 10) ?? 0)
          weight /= 10
        }
        bytes = bytes.dropFirst(fraction.count)
      }
      return Time(hour: hour, minute: minute, second: second, nanosecond: nanosecond)
    }

    mutating func offset() -> Int? {
      if accept(UInt8(ascii: "Z")) || accept(UInt8(ascii: "z")) { return 0 }
      let west = accept(.minus)
      guard west || accept(.plus), let hour = number(digits: 2, in: 0...23), accept(.colon),
        let minute = number(digits: 2, in: 0...59)
      else { return nil }
      return (west ? -1 : 1) * (hour * 60 + minute)
    }

    private static func days(month: Int, year: Int) -> Int {
      switch month {
      case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
      case 4, 6, 9, 11: 30
      default: 31
      }
    }
  }
}

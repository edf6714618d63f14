/// How long ago a moment was, as `5s`, `3m12s`, `2h05m` or `4d03h`; `-` if it cannot be told.
///
/// - Parameters:
///   - moment: RFC 3339 in UTC, as `timestamp` writes it; fractions of a second do not count.
///   - now: nanoseconds since 1970.
public func age(of moment: String, now: UInt64) -> String {
  guard let then = seconds(of: moment) else { return "-" }
  let age = max(0, Int(now / 1_000_000_000) - then)
  let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
  return switch age {
  case ..<60: "\(age)s"
  case ..<3600: "\(age / 60)m\(two(age % 60))s"
  case ..<86_400: "\(age / 3600)h\(two(age / 60 % 60))m"
  default: "\(age / 86_400)d\(two(age / 3600 % 24))h"
  }
}

/// Seconds since 1970.
private func seconds(of moment: String) -> Int? {
  let bytes = Array(moment.utf8)
  guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
  let number = { (range: Range<Int>) in Int(String(decoding: bytes[range], as: UTF8.self)) }
  guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
    let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month), (1970...9999).contains(year)
  else { return nil }
  // Years are counted from March, so that a leap day is the last of its year.
  let shifted = month > 2 ? year : year - 1
  let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
  let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  return days * 86_400 + hour * 3600 + minute * 60 + second
}

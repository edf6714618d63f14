/// A moment of the wall clock as RFC 3339 text in UTC, always with nine digits of the second, so that times compare as
/// their texts do.
///
/// - Parameter nanoseconds: since 1970-01-01T00:00:00Z, without leap seconds.
func wallTime(nanoseconds: UInt64) -> String {
  let seconds = Int(nanoseconds / 1_000_000_000)
  let (year, month, day) = civilDate(daysSince1970: seconds / 86_400)
  let time = seconds % 86_400
  return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
    + "\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))"
    + ".\(padded(Int(nanoseconds % 1_000_000_000), 9))Z"
}

private func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// The Gregorian date of a day not before 1970. Years are counted from March, so that a leap day is the last of its
/// year.
private func civilDate(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
  let sinceEra = days + 719_468  // 0000-03-01
  let era = sinceEra / 146_097
  let dayOfEra = sinceEra % 146_097
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let month = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * month + 2) / 5 + 1
  let year = era * 400 + yearOfEra + (month >= 10 ? 1 : 0)
  return (year, month < 10 ? month + 3 : month - 9, day)
}

/// The beginning of a record's time that `text` names: a date, or a date with hours, minutes, seconds and a fraction, as
/// much of it as wanted, in UTC. It compares with `AuditRecord.wall` as text; nil if `text` is something else.
public func timePrefix(_ text: String) -> String? {
  let digits = text.utf8.last == UInt8(ascii: "Z") ? text.utf8.dropLast() : text.utf8[...]
  let form = Array("0000-00-00T00:00:00.000000000".utf8)
  guard [10, 13, 16, 19].contains(digits.count) || 21...form.count ~= digits.count else { return nil }
  for (character, expected) in zip(digits, form) {
    let isDigit = UInt8(ascii: "0")...UInt8(ascii: "9") ~= character
    guard expected == UInt8(ascii: "0") ? isDigit : character == expected else { return nil }
  }
  return String(decoding: digits, as: UTF8.self)
}

/// A moment of the wall clock as RFC 3339 text in UTC, to the second or the millisecond.
///
/// Written here because the calendar of a library may open time zone files, which a confined process must not.
///
/// - Parameter nanoseconds: since 1970-01-01T00:00:00Z, without leap seconds.
public func timestamp(nanoseconds: UInt64, milliseconds: Bool = false) -> String {
  let seconds = Int(nanoseconds / 1_000_000_000)
  let (year, month, day) = civilDate(daysSince1970: seconds / 86_400)
  let time = seconds % 86_400
  let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  let fraction = milliseconds ? "." + padded(Int(nanoseconds / 1_000_000 % 1000), 3) : ""
  return "\(date)T\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))\(fraction)Z"
}

private func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// The Gregorian date of a day. Years are counted from March, so that a leap day is the last of its year.
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

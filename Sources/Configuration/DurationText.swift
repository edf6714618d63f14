/// The milliseconds that a duration such as `500ms`, `30s` or `1h30m` has: whole numbers, each with its unit (`ms`, `s`,
/// `m`, `h` or `d`), the larger unit first, no unit twice.
///
/// - Returns: nil if it is written otherwise, or is longer than 365 days.
public func milliseconds(ofDuration text: some StringProtocol) -> Int? {
  let units: [(name: [UInt8], milliseconds: Int)] = [
    (Array("d".utf8), 86_400_000), (Array("h".utf8), 3_600_000), (Array("m".utf8), 60_000), (Array("s".utf8), 1000),
    (Array("ms".utf8), 1),
  ]
  let longest = 365 * 86_400_000
  var rest = Array(text.utf8)[...]
  var sum = 0
  var smallerThan = Int.max
  repeat {
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let name = rest[digits.endIndex...].prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    guard (1...10).contains(digits.count), let unit = units.first(where: { name.elementsEqual($0.name) }),
      unit.milliseconds < smallerThan
    else { return nil }
    // Ten digits times a day's milliseconds are far from the end of Int.
    sum += digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } * unit.milliseconds
    guard sum <= longest else { return nil }
    smallerThan = unit.milliseconds
    rest = rest[name.endIndex...]
  } while !rest.isEmpty
  return sum
}

/// A duration as `milliseconds(ofDuration:)` reads it: `1500` is `1s500ms`.
public func durationText(milliseconds: Int) -> String {
  var rest = max(0, milliseconds)
  var text = ""
  for (name, unit) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] where rest >= unit {
    text += "\(rest / unit)\(name)"
    rest %= unit
  }
  return text.isEmpty ? "0s" : text
}

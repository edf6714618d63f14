import Glibc

extension AuditRecord {
  /// The record as a line for people: number, time, decision, origin, act, object, and what else there is to say.
  /// Control characters, which a terminal might obey, are shown as question marks.
  public var tableLine: String {
    var line = "\(column(String(sequence), 8)) \(wall.prefix(23))Z \(column(decision, 6)) \(column(origin, 13)) "
    line += "\(column(act, 14)) \(object)"
    if count != 1 { line += " (\(count) times)" }
    if errno != 0 { line += " (\(errorText))" }
    if !cause.isEmpty { line += ": \(cause)" }
    if duration > 0 { line += " [\(duration / 1000) us]" }
    return line.unicodeScalars.reduce(into: "") {
      $0.unicodeScalars.append($1.properties.generalCategory == .control ? "?" : $1)
    }
  }

  private var errorText: String {
    guard let number = Int32(exactly: errno) else { return "error \(errno)" }
    return unsafe String(cString: strerror(number))
  }

  private func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
  }
}

/// Collects findings, so that one run reports everything that is wrong.
struct DiagnosticList {
  /// At most so many errors and so many warnings are kept: a hostile file must not make the answer endless.
  static let limit = 100

  let fileName: String
  private var errors: [Diagnostic] = []
  private var warnings: [Diagnostic] = []
  /// Whether an error was dropped, and further ones will be: working out their text is not worth the time.
  private(set) var dropsErrors = false

  init(fileName: String) {
    self.fileName = fileName
  }

  var hasErrors: Bool { !errors.isEmpty }

  mutating func error(_ message: String, at position: Position) {
    guard errors.count < Self.limit else {
      dropsErrors = true
      return
    }
    errors.append(diagnostic(.error, message, at: position))
  }

  mutating func warning(_ message: String, at position: Position) {
    guard warnings.count < Self.limit else { return }
    warnings.append(diagnostic(.warning, message, at: position))
  }

  /// Everything found, in the order of the file.
  var sorted: [Diagnostic] {
    var all = (errors + warnings).enumerated().sorted { left, right in
      (left.element.line, left.element.column, left.offset) < (right.element.line, right.element.column, right.offset)
    }.map(\.element)
    if dropsErrors, let last = all.last {
      let end = Position(line: last.line, column: last.column)
      all.append(diagnostic(.error, "there are more errors; correct those above first", at: end))
    }
    return all
  }

  private func diagnostic(_ severity: Diagnostic.Severity, _ message: String, at position: Position) -> Diagnostic {
    Diagnostic(
      severity: severity, fileName: fileName, line: position.line, column: position.column, message: message)
  }
}

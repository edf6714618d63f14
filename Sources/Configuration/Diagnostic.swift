/// One finding about a configuration file.
public struct Diagnostic: Equatable, Sendable, CustomStringConvertible {
  /// Whether the configuration can be used in spite of the finding.
  public enum Severity: String, Sendable {
    /// The configuration cannot be used.
    case error
    /// The configuration can be used, but the administrator should know this.
    case warning
  }

  /// Whether the configuration can be used in spite of this.
  public var severity: Severity
  /// The file as the administrator named it.
  public var fileName: String
  /// The line, from 1.
  public var line: Int
  /// The Unicode scalar within the line, from 1.
  public var column: Int
  /// What was expected, what was found, and the remedy. Never contains a password, nor a control character.
  public var message: String

  /// Makes a finding at a line and a column, both counted from 1.
  public init(severity: Severity, fileName: String, line: Int, column: Int, message: String) {
    self.severity = severity
    self.fileName = fileName
    self.line = line
    self.column = column
    self.message = message
  }

  /// `FILE:LINE:COLUMN: error: message; remedy`, the form that editors and compilers share.
  public var description: String { "\(fileName):\(line):\(column): \(severity.rawValue): \(message)" }
}

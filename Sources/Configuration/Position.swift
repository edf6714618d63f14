/// A place in the configuration file.
///
/// Lines and columns count from 1. A column counts Unicode scalars, so a tab is one column and so is a letter with an
/// accent that is stored as one scalar.
public struct Position: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The line, from 1.
  public var line: Int
  /// The Unicode scalar within the line, from 1.
  public var column: Int

  /// Makes the position of a line and a column, both counted from 1.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The first character of a file.
  public static let start = Position(line: 1, column: 1)

  public static func < (left: Position, right: Position) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }

  /// As it stands in the text of a message: `line 3, column 5`.
  public var description: String { "line \(line), column \(column)" }
}

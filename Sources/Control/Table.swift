/// Columns of text. The last one is cut where the line is too narrow for it.
public struct Table {
  private let rows: [[String]]

  /// Heads and rows, with as many texts each.
  public init(heads: [String], rows: [[String]]) {
    self.rows = [heads] + rows
  }

  /// The table with a newline behind each line.
  ///
  /// - Parameters:
  ///   - width: characters of a line, at most as far as the last column can give way; nil for as many as there are.
  ///   - paint: what a cell becomes in the end, by its row (0: the heads) and column.
  public func text(width: Int?, paint: (Int, Int, String) -> String = { $2 }) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    let before = widths.dropLast().reduce(0) { $0 + $1 + 2 }
    return rows.enumerated().map { row, cells in
      let line = cells.enumerated().map { column, cell in
        guard column < columns - 1 else {
          return paint(row, column, width.map { cut(cell, to: max(8, $0 - before)) } ?? cell)
        }
        return paint(row, column, cell) + String(repeating: " ", count: widths[column] - cell.count + 2)
      }.joined()
      return trimmed(line) + "\n"
    }.joined()
  }

  private func trimmed(_ line: String) -> String {
    var line = Substring(line)
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}

/// The text, or as much of it as fits with a mark that there is more.
public func cut(_ text: String, to width: Int) -> String {
  text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
}

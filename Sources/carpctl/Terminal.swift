import Glibc
import Linux

/// What a stream leads to, and what may be done with it.
struct Terminal {
  private let descriptor: Int32

  static let output = Terminal(descriptor: STDOUT_FILENO)

  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Only on a terminal that can, and not where NO_COLOR says no (<https://no-color.org>).
  var hasColour: Bool {
    guard isTerminal else { return false }
    let no = unsafe getenv("NO_COLOR").map { unsafe $0.pointee != 0 } ?? false
    let isDumb = unsafe getenv("TERM").map { unsafe String(cString: $0) == "dumb" } ?? true
    return !no && !isDumb
  }

  /// Characters of a line; nil if it is no terminal, which has no end of line.
  var width: Int? { size?.columns }

  /// Nil if it is no terminal.
  var size: (columns: Int, rows: Int)? {
    guard isTerminal else { return nil }
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (80, 24)
    }
    return (Int(size.ws_col), Int(size.ws_row))
  }
}

/// The whole screen of a terminal, for as long as this object lives: without echo and cursor, and put back at the end.
final class FullScreen {
  private var former = termios()

  /// - Throws: if standard input is no terminal.
  init() throws(Errno) {
    try unsafe check(tcgetattr(STDIN_FILENO, &former))
    enter()
  }
  deinit { leave() }

  /// Takes the screen, at first and after it was left.
  func enter() {
    var changed = former
    changed.c_lflag &= ~tcflag_t(ECHO | ICANON)
    unsafe tcsetattr(STDIN_FILENO, TCSANOW, &changed)
    write("\u{1B}[?1049h\u{1B}[?25l")
  }

  /// Puts the terminal back.
  func leave() {
    write("\u{1B}[?25h\u{1B}[?1049l")
    unsafe tcsetattr(STDIN_FILENO, TCSANOW, &former)
  }

  /// Shows these lines from the top on, and nothing else.
  func show(_ lines: [String]) {
    // Line by line over what was there, so that nothing flickers.
    write("\u{1B}[H" + lines.map { "\($0)\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
  }

  private func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe Glibc.write(STDOUT_FILENO, bytes, bytes.count)
  }
}

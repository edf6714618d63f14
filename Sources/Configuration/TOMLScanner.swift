/// Walks over the bytes of a document, which are known to be UTF-8, and keeps count of lines and columns.
struct TOMLScanner {
  private let bytes: [UInt8]
  private var index = 0
  private(set) var position = Position.start

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark is no part of the text and takes no column.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
  }

  /// The byte to be read next, nil at the end.
  var current: UInt8? { byte(ahead: 0) }

  /// The byte that many places after the next one, nil beyond the end.
  func byte(ahead distance: Int) -> UInt8? {
    bytes.count - index > distance ? bytes[index + distance] : nil
  }

  /// Whether the next bytes are that many of this one.
  func isAt(_ byte: UInt8, times count: Int) -> Bool {
    (0..<count).allSatisfy { self.byte(ahead: $0) == byte }
  }

  /// Whether a line end, LF or CR LF, is next.
  var isAtLineEnd: Bool {
    current == .lineFeed || (current == .carriageReturn && byte(ahead: 1) == .lineFeed)
  }

  /// Goes on by so many bytes, at most to the end.
  mutating func advance(by count: Int = 1) {
    for _ in 0..<count {
      guard index < bytes.count else { return }
      let passed = bytes[index]
      index += 1
      if passed == .lineFeed {
        position.line += 1
        position.column = 1
      } else if passed & 0b1100_0000 != 0b1000_0000 {
        position.column += 1
      }
    }
  }

  /// Goes on if the next byte is this one.
  mutating func accept(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    advance()
    return true
  }

  /// Skips spaces and tabs.
  mutating func skipBlanks() {
    while let byte = current, byte.isBlank { advance() }
  }

  /// Goes past a line end, LF or CR LF, if there is one.
  mutating func acceptNewline() -> Bool {
    guard isAtLineEnd else { return false }
    advance(by: current == .lineFeed ? 1 : 2)
    return true
  }

  /// Skips a comment, up to its line end, if there is one.
  mutating func skipComment() throws(TOMLError) {
    guard accept(.hash) else { return }
    while let byte = current, !isAtLineEnd {
      if byte.isControl { throw controlCharacter(in: "a comment") }
      advance()
    }
  }

  /// Skips blanks, line ends and comments, as they may stand between the elements of an array.
  mutating func skipBlanksAndLines() throws(TOMLError) {
    repeat {
      skipBlanks()
      try skipComment()
    } while acceptNewline()
  }

  /// An error at the byte to be read next.
  func failure(_ message: String) -> TOMLError {
    TOMLError(position: position, message: message)
  }

  /// The error for a control character that may not stand where it is.
  func controlCharacter(in place: String) -> TOMLError {
    failure("a control character is not allowed in \(place); remove it, or in \"...\" write it as \\uXXXX")
  }
}

/// Cuts a stream of bytes into messages, each of which ends with a NUL byte. A message may come in pieces, and several
/// may come at once.
struct MessageSplitter {
  /// Bytes of a message without its NUL, at most.
  let limit: Int
  private var buffer: [UInt8] = []
  /// Where the next message begins, and how far no NUL was found behind it.
  private var start = 0
  private var searched = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// Whether bytes of a message are waiting, complete or not.
  var isEmpty: Bool { start == buffer.count }
  /// Whether more bytes wait than one message may have.
  var isOverfull: Bool { buffer.count - start > limit }

  mutating func append(_ bytes: some Sequence<UInt8>) {
    // What was taken is dropped here and not message by message, which would be quadratic.
    buffer.removeFirst(start)
    searched -= start
    start = 0
    buffer.append(contentsOf: bytes)
  }

  /// Whether `next` has a message; looks at no byte twice.
  mutating func hasMessage() -> Bool {
    while searched < buffer.count && buffer[searched] != 0 { searched += 1 }
    return searched < buffer.count
  }

  /// Whether the message at the front, complete or not, is longer than allowed.
  mutating func isTooLong() -> Bool {
    _ = hasMessage()
    return searched - start > limit
  }

  /// The next complete message without its NUL, or nil.
  mutating func next() -> [UInt8]? {
    guard hasMessage() else { return nil }
    let message = Array(buffer[start..<searched])
    start = searched + 1
    searched = start
    return message
  }
}

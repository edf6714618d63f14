/// The server's side of one connection: bytes in, calls out, answers in, bytes out. Does no input or output itself.
///
/// A client can neither make it hold much nor keep it busy: a call is taken only when the one before it has had its last
/// answer and that was sent, and the caller stops reading while `wantsInput` is false.
public struct ServerConnection {
  /// Bytes of one request, at most.
  public static let requestLimit = 16 << 10
  /// Bytes of a stream that may wait for a client that reads slowly; a single answer may be longer.
  public static let streamLimit = 64 << 10

  private var input = MessageSplitter(limit: requestLimit)
  private var buffer: [UInt8] = []
  private var sentCount = 0
  /// The call that has not had its last answer.
  private var call: Call?
  /// The client broke the protocol: to be closed at once.
  public private(set) var isBroken = false

  public init() {}

  /// What waits to be sent.
  public var output: ArraySlice<UInt8> { buffer[sentCount...] }
  /// Whether more bytes may be received now.
  public var wantsInput: Bool { !isBroken && call == nil && output.isEmpty && !input.isOverfull }
  /// Whether bytes of a request were received that was not taken yet.
  public var hasInput: Bool { !input.isEmpty }
  /// Whether a call was taken that has not had its last answer.
  public var isAnswering: Bool { call != nil }

  /// Takes bytes that the client sent.
  public mutating func receive(_ bytes: some Sequence<UInt8>) {
    guard !isBroken else { return }
    input.append(bytes)
    if input.isTooLong() { isBroken = true }
  }

  /// Whether `nextCall` has something to do.
  public var hasCall: Bool {
    mutating get { !isBroken && call == nil && output.isEmpty && input.hasMessage() }
  }

  /// The next call, which is to be answered with `finish`; nil if there is none yet.
  public mutating func nextCall() -> Call? {
    guard hasCall, let text = input.next() else { return nil }
    guard let next = Call(text: text) else {
      // Varlink has no answer to what is not a call.
      isBroken = true
      return nil
    }
    if input.isTooLong() { isBroken = true }
    call = next
    return next
  }

  /// Queues the last answer to the call.
  public mutating func finish(_ answer: Answer) {
    guard let call else { return }
    self.call = nil
    guard !call.isOneway, !isBroken else { return }
    if let message = answer.message() { queue(message) } else { isBroken = true }
  }

  /// Queues one of several answers to the call.
  ///
  /// - Parameter message: of `Answer.message(continues: true)`.
  /// - Returns: false, with nothing queued, if too much waits already.
  public mutating func stream(_ message: [UInt8]) -> Bool {
    guard let call, !call.isOneway, !isBroken else { return true }
    guard output.isEmpty || output.count + message.count <= Self.streamLimit else { return false }
    queue(message)
    return true
  }

  private mutating func queue(_ message: [UInt8]) {
    buffer.removeFirst(sentCount)
    sentCount = 0
    buffer.append(contentsOf: message)
  }

  /// So many bytes of `output` went out.
  public mutating func sent(_ count: Int) {
    sentCount = min(sentCount + max(0, count), buffer.count)
    if sentCount == buffer.count {
      buffer = []
      sentCount = 0
    }
  }
}

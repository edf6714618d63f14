/// The server's side of one connection: bytes in, calls out, answers in, bytes out. Does no input or output itself.
///
/// A client can neither make it hold much nor keep it busy: calls are taken one at a time, none while an answer waits to
/// be sent, and the caller stops reading while `wantsInput` is false.
public struct ServerConnection {
  /// Bytes of one request, at most.
  public static let requestLimit = 64 << 10
  /// Bytes of answers that may wait for a client that does not read; a single answer may be longer.
  public static let outputLimit = 256 << 10

  private var input = MessageSplitter(limit: requestLimit)
  private var buffer: [UInt8] = []
  private var sentCount = 0
  /// The client broke the protocol or does not read its answers: to be closed at once.
  public private(set) var isBroken = false

  public init() {}

  /// What waits to be sent.
  public var output: ArraySlice<UInt8> { buffer[sentCount...] }
  /// Whether more bytes may be received now.
  public var wantsInput: Bool { !isBroken && output.isEmpty && !input.isOverfull }
  /// Whether bytes of a request were received that was not taken yet.
  public var hasInput: Bool { !input.isEmpty }

  /// Takes bytes that the client sent.
  public mutating func receive(_ bytes: some Sequence<UInt8>) {
    guard !isBroken else { return }
    input.append(bytes)
    if input.isTooLong() { isBroken = true }
  }

  /// Whether `nextCall` has something to do.
  public var hasCall: Bool {
    mutating get { !isBroken && output.isEmpty && input.hasMessage() }
  }

  /// The next call that is to be answered; nil if there is none yet.
  public mutating func nextCall() -> Call? {
    guard hasCall, let text = input.next() else { return nil }
    guard let call = Call(text: text) else {
      // Varlink has no answer to what is not a call.
      isBroken = true
      return nil
    }
    if input.isTooLong() { isBroken = true }
    return call
  }

  /// Queues the answer to `call`.
  public mutating func send(_ answer: Answer, to call: Call) {
    guard !call.isOneway, !isBroken else { return }
    guard let message = answer.message, output.isEmpty || output.count + message.count <= Self.outputLimit else {
      isBroken = true
      return
    }
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

import FoundationEssentials

/// Why a client gets no reply.
public enum ClientError: Error, Equatable, Sendable {
  /// What came is not a Varlink reply, or not the method's.
  case malformed
  /// The reply is longer than `ClientConnection.replyLimit`.
  case tooLong
  /// The service answered with an error.
  case refused(VarlinkError)
}

/// The client's side of one connection: calls in, bytes out, bytes in, replies out. Does no input or output itself.
public struct ClientConnection {
  /// Bytes of one reply, at most.
  public static let replyLimit = 16 << 20

  private var input = MessageSplitter(limit: replyLimit)

  private struct Reply<P: Decodable>: Decodable {
    let parameters: P
  }
  private struct Call<P: Encodable>: Encodable {
    let method: String
    let parameters: P
    var more: Bool?
  }
  private struct Continuation: Decodable {
    let continues: Bool?
  }

  /// Whether the reply taken last is to be followed by others.
  public private(set) var continues = false

  public init() {}

  /// The bytes that make `request`; `WatchRequest` asks for more than one reply.
  public static func call<R: ControlRequest>(_ request: R) -> [UInt8] {
    let call = Call(method: R.method.qualifiedName, parameters: request, more: R.method == .watch ? true : nil)
    // Strings, numbers and booleans can always be put into JSON.
    let data = try? JSONEncoder().encode(call)
    return Array(data ?? Data()) + [0]
  }

  /// Takes bytes that the service sent.
  public mutating func receive(_ bytes: some Sequence<UInt8>) throws(ClientError) {
    input.append(bytes)
    if input.isTooLong() { throw .tooLong }
  }

  /// The next reply, or nil if it has not come whole yet.
  ///
  /// - Throws: `refused` if it is an error.
  public mutating func reply<P: Decodable>(as _: P.Type = P.self) throws(ClientError) -> P? {
    guard let text = input.next() else { return nil }
    guard JSONGuard.admits(text) else { throw .malformed }
    let data = Data(text)
    if let failure = try? JSONDecoder().decode(VarlinkError.self, from: data) { throw .refused(failure) }
    guard let reply = try? JSONDecoder().decode(Reply<P>.self, from: data) else { throw .malformed }
    continues = (try? JSONDecoder().decode(Continuation.self, from: data))?.continues ?? false
    return reply.parameters
  }
}

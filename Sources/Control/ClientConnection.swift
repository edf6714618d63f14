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
  private struct Failure: Decodable {
    let error: String
  }
  private struct FailureParameters: Decodable {
    let parameters: [String: String]
  }

  public init() {}

  /// The bytes that call `method`, which takes no parameters.
  public static func call(_ method: ControlMethod) -> [UInt8] {
    // No method's name has anything in it that JSON would escape.
    Array("{\"method\":\"\(InterfaceDescription.controlName).\(method.rawValue)\"}".utf8) + [0]
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
    if let failure = try? JSONDecoder().decode(Failure.self, from: data) {
      let parameters = try? JSONDecoder().decode(FailureParameters.self, from: data).parameters
      throw .refused(VarlinkError(name: failure.error, parameters: parameters ?? [:]))
    }
    guard let reply = try? JSONDecoder().decode(Reply<P>.self, from: data) else { throw .malformed }
    return reply.parameters
  }
}

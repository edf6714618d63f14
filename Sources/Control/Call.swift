import FoundationEssentials

/// One method call as a client sent it.
public struct Call: Sendable {
  /// The qualified name of the method.
  public let method: String
  /// The client is ready for more than one reply.
  public let wantsMore: Bool
  /// The client wants no answer at all, not even an error.
  public let isOneway: Bool
  /// The client wants to speak another protocol from here on.
  let wantsUpgrade: Bool
  private let text: [UInt8]

  private struct Envelope: Decodable {
    let method: String
    let more: Bool?
    let oneway: Bool?
    let upgrade: Bool?
  }
  private struct Parameters<P: Decodable>: Decodable {
    let parameters: P
  }

  /// Nil unless `text` is a JSON object that a call can be.
  init?(text: [UInt8]) {
    guard JSONGuard.admits(text), let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(text)) else {
      return nil
    }
    method = envelope.method
    wantsMore = envelope.more ?? false
    isOneway = envelope.oneway ?? false
    wantsUpgrade = envelope.upgrade ?? false
    self.text = text
  }

  /// The call's parameters.
  ///
  /// - Throws: `InvalidParameter`, naming the first one that is missing or of the wrong type.
  public func parameters<P: Decodable>(as _: P.Type = P.self) throws(VarlinkError) -> P {
    do {
      return try JSONDecoder().decode(Parameters<P>.self, from: Data(text)).parameters
    } catch DecodingError.keyNotFound(let key, _) {
      throw .invalidParameter(key.stringValue)
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw .invalidParameter(context.codingPath.last?.stringValue ?? "parameters")
    } catch {
      throw .invalidParameter("parameters")
    }
  }
}

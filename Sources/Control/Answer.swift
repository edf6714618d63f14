/// What a call is answered with.
public enum Answer {
  /// The method's own reply.
  case reply(any Encodable)
  case failure(VarlinkError)

  private struct Reply: Encodable {
    let parameters: any Encodable
    let continues: Bool?

    enum CodingKeys: CodingKey {
      case parameters, continues
    }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(parameters, forKey: .parameters)
      try container.encodeIfPresent(continues, forKey: .continues)
    }
  }

  /// The message with its NUL, or nil if a reply cannot be put into JSON.
  ///
  /// - Parameter continues: whether more replies follow.
  public func message(continues: Bool = false) -> [UInt8]? {
    let text: [UInt8]? =
      switch self {
      case .reply(let parameters):
        try? JSONWriter.bytes(of: Reply(parameters: parameters, continues: continues ? true : nil))
      case .failure(let failure): try? JSONWriter.bytes(of: failure)
      }
    return text.map { $0 + [0] }
  }
}

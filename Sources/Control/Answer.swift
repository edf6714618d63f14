import FoundationEssentials

/// What a call is answered with.
public enum Answer {
  /// The method's own reply.
  case reply(any Encodable)
  case failure(VarlinkError)

  private struct Reply: Encodable {
    let parameters: any Encodable

    enum CodingKeys: CodingKey {
      case parameters
    }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(parameters, forKey: .parameters)
    }
  }

  /// The message with its NUL, or nil if a reply cannot be put into JSON.
  var message: [UInt8]? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let data: Data? =
      switch self {
      case .reply(let parameters): try? encoder.encode(Reply(parameters: parameters))
      case .failure(let failure): try? encoder.encode(failure)
      }
    return data.map { $0 + [0] }
  }
}

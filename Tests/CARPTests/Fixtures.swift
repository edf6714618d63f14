import CARP
import Crypto
import Foundation

/// The files below Tests/Fixtures.
enum Fixtures {
  static func data(_ path: String) throws -> Data {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try Data(contentsOf: tests.appendingPathComponent("Fixtures").appendingPathComponent(path))
  }

  static func json<Value: Decodable>(_ path: String) throws -> [Value] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([Value].self, from: data(path))
  }
}

/// The bytes that a text of hexadecimal digits (and colons) stands for.
func bytes(_ hexadecimal: String) -> [UInt8] {
  let digits = hexadecimal.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// The digest as swift-crypto computes it.
func digest(key: [UInt8], _ input: DigestInput, counter: UInt64) -> CARP.Digest {
  let code = HMAC<Insecure.SHA1>.authenticationCode(
    for: input.message(counter: counter), using: SymmetricKey(data: key))
  return CARP.Digest(bytes: Array(code))!
}

import Crypto

/// A SHA-256 digest as the audit log writes it: 64 lower-case hexadecimal digits.
public struct RecordHash: Hashable, Sendable, CustomStringConvertible {
  /// Digits of a digest.
  public static let digits = 64
  /// What the first record of a log has for the one before it.
  public static let none = RecordHash(bytes: [UInt8](repeating: 0, count: 32))

  /// Always 32.
  public let bytes: [UInt8]

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// Takes over a code of 32 bytes.
  init(_ code: HMAC<SHA256>.MAC) { self.init(bytes: Array(code)) }

  /// The digest of `data`.
  public init(of data: some Collection<UInt8>) { self.init(bytes: Array(SHA256.hash(data: Array(data)))) }

  /// Reads 64 lower-case hexadecimal digits; nil for anything else.
  public init?(hexadecimal text: some Collection<UInt8>) {
    guard text.count == RecordHash.digits, let bytes = decoded(hexadecimal: text) else { return nil }
    self.bytes = bytes
  }

  public var description: String { hexadecimal(bytes) }
}

/// Two lower-case digits a byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  var text: [UInt8] = []
  let digits = Array("0123456789abcdef".utf8)
  for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
  return String(decoding: text, as: UTF8.self)
}

/// The reverse; nil unless there is an even number of digits, all lower-case.
func decoded(hexadecimal text: some Collection<UInt8>) -> [UInt8]? {
  guard text.count.isMultiple(of: 2) else { return nil }
  var bytes: [UInt8] = []
  var high: UInt8?
  for character in text {
    let digit: UInt8
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
    default: return nil
    }
    if let first = high {
      bytes.append(first << 4 | digit)
      high = nil
    } else {
      high = digit
    }
  }
  return bytes
}

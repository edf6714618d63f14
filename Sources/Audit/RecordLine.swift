/// A line of the log that agrees with its own hash.
///
/// After the record come `prev`, the hash of the record before; `mac`, where there is a key: HMAC-SHA-256 of the bytes
/// before `,"mac"`; and `hash`: SHA-256 of the bytes before `,"hash"`.
public struct RecordLine: Sendable {
  /// Longer than the longest line: 320 bytes of text, each of which may become six, and some 700 of all else.
  public static let capacity = 4096

  public let record: AuditRecord
  public let previous: RecordHash
  public let hash: RecordHash
  let mac: [UInt8]?
  /// What the MAC covers.
  let authenticated: ArraySlice<UInt8>

  /// Reads a line without its newline; nil unless it has the form and the hash that a record must have.
  public init?(_ line: [UInt8]) {
    guard line.count <= RecordLine.capacity else { return nil }
    var rest = line[...]
    guard rest.popLast() == UInt8(ascii: "}"), let hash = rest.removeDigest(named: "hash"), RecordHash(of: rest) == hash
    else { return nil }
    self.hash = hash
    mac = rest.removeDigest(named: "mac")?.bytes
    authenticated = rest
    guard let previous = rest.removeDigest(named: "prev"), let record = AuditRecord(text: rest) else { return nil }
    self.previous = previous
    self.record = record
  }

  /// Writes a record as a line with its newline.
  ///
  /// - Returns: the line, and the hash that the next record names.
  static func write(_ record: AuditRecord, after previous: RecordHash, ratchet: KeyRatchet?) -> ([UInt8], RecordHash) {
    var line = record.text + suffix("prev", previous)
    if let mac = ratchet?.mac(of: line[...]) { line += suffix("mac", mac) }
    let hash = RecordHash(of: line)
    line += suffix("hash", hash) + Array("}\n".utf8)
    return (line, hash)
  }

  private static func suffix(_ name: String, _ digest: some CustomStringConvertible) -> [UInt8] {
    Array(",\"\(name)\":\"\(digest)\"".utf8)
  }
}

extension ArraySlice<UInt8> {
  /// Takes `,"name":"64 digits"` off the end, if it is there.
  fileprivate mutating func removeDigest(named name: String) -> RecordHash? {
    let key = Array(",\"\(name)\":\"".utf8)
    let field = suffix(key.count + RecordHash.digits + 1)
    guard field.starts(with: key), field.last == UInt8(ascii: "\""),
      let digest = RecordHash(hexadecimal: field.dropFirst(key.count).dropLast())
    else { return nil }
    removeLast(field.count)
    return digest
  }
}

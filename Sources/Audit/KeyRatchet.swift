import Crypto
import Glibc

/// The keys of a run. One record one key: after each MAC the key is replaced by its hash, so that whoever reads the
/// memory later finds no key of what was written before.
///
///     S(0)    = HMAC-SHA-256(original key, "carpd audit run" || salt)     salt: 32 random bytes, in the start record
///     S(j+1)  = SHA-256("carpd audit segment" || S(j))                    j: number of the file within the run
///     K(j,0)  = SHA-256("carpd audit record" || S(j))                     for the start record of file j
///     K(j,i+1) = SHA-256("carpd audit ratchet" || K(j,i))
///
/// While file j is written, memory holds K(j,i) and S(j+1), neither of which leads back. That files have keys of their
/// own lets a verifier begin with file j in j steps, without those before it.
final class KeyRatchet {
  private let recordKey = SecretKey()
  private let nextSegment = SecretKey()

  /// Begins a run with file 0.
  init(key: [UInt8], salt: [UInt8]) {
    nextSegment.becomeMAC(of: Array("carpd audit run".utf8) + salt, under: key)
    beginSegment()
  }

  /// Goes on to the keys of the next file.
  func beginSegment() {
    recordKey.becomeHash(of: "carpd audit record", and: nextSegment)
    nextSegment.becomeHash(of: "carpd audit segment", and: nextSegment)
  }

  /// The MAC of one record; the key is gone afterwards.
  func mac(of text: ArraySlice<UInt8>) -> RecordHash {
    let mac = recordKey.mac(of: text)
    recordKey.becomeHash(of: "carpd audit ratchet", and: recordKey)
    return mac
  }

  /// Eight bytes that name a key without telling it.
  static func identity(of key: [UInt8]) -> [UInt8] {
    let name = SecretKey()
    name.becomeMAC(of: Array("carpd audit key".utf8), under: key)
    return Array(name.bytes.prefix(8))
  }
}

/// 32 bytes at one place in memory, overwritten when they change and when they are no longer needed.
@safe private final class SecretKey {
  private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 16)

  init() { unsafe storage.initializeMemory(as: UInt8.self, repeating: 0) }
  deinit {
    if let base = unsafe storage.baseAddress { unsafe explicit_bzero(base, storage.count) }
    unsafe storage.deallocate()
  }

  var bytes: [UInt8] { unsafe Array(storage) }

  func becomeHash(of label: StaticString, and other: SecretKey) {
    var hash = SHA256()
    hash.update(data: Array("\(label)".utf8))
    unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(other.storage))
    replace(by: hash.finalize())
  }

  func becomeMAC(of data: [UInt8], under key: [UInt8]) {
    replace(by: HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: key)))
    SecretKey.overwriteTraces()
  }

  func mac(of text: ArraySlice<UInt8>) -> RecordHash {
    defer { SecretKey.overwriteTraces() }
    let key = unsafe SymmetricKey(data: UnsafeRawBufferPointer(storage))
    return RecordHash(HMAC<SHA256>.authenticationCode(for: Array(text), using: key))
  }

  private func replace(by code: some Sequence<UInt8>) {
    // Byte by byte into place: no copy of the new key stays behind in an array.
    for (index, byte) in code.enumerated() where unsafe index < storage.count { unsafe storage[index] = byte }
  }

  /// HMAC leaves padded copies of its key in memory that it gave back. The same calculation with another key goes over
  /// the same places.
  private static func overwriteTraces() {
    let blank = SymmetricKey(data: [UInt8](repeating: 0, count: 32))
    _ = HMAC<SHA256>.authenticationCode(for: [UInt8](), using: blank)
  }
}

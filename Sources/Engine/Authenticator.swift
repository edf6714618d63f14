import CARP
import Crypto

/// Makes and checks the digests of one group. Key, vhid and addresses are hashed once; a packet costs a copy of that
/// state and its eight bytes of counter.
struct Authenticator: Sendable {
  private let state: HMAC<Insecure.SHA1>

  /// - Parameter key: at most 20 bytes, padded with zeros; none is FreeBSD's key without a password (CARP section 3).
  init(key: [UInt8], input: DigestInput) {
    let padded = key + [UInt8](repeating: 0, count: max(0, CARP.Digest.size - key.count))
    var state = HMAC<Insecure.SHA1>(key: SymmetricKey(data: padded))
    state.update(data: input.prefix)
    self.state = state
  }

  /// The digest of an advertisement with this counter; never nil, since SHA-1 makes 20 bytes.
  func digest(counter: UInt64) -> CARP.Digest? {
    var state = state
    state.update(data: (0..<8).reversed().map { UInt8(truncatingIfNeeded: counter >> UInt64($0 * 8)) })
    return CARP.Digest(bytes: Array(state.finalize()))
  }

  /// Whether the digest of `advertisement` is right, in constant time.
  func verifies(_ advertisement: Advertisement) -> Bool {
    digest(counter: advertisement.counter)?.matches(advertisement.digest) ?? false
  }
}

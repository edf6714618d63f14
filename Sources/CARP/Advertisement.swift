/// A CARP advertisement: the 36 bytes after the IP header (CARP section 2).
public struct Advertisement: Equatable, Sendable {
  /// The size of an encoded advertisement in bytes.
  public static let size = 36

  /// The group, 1...255.
  public var vhid: UInt8
  /// The interval's whole seconds, 0...255; 255 together with `advskew` 255 is a bow-out. Not authenticated.
  public var advbase: UInt8
  /// The interval's 1/256 seconds as announced (FreeBSD: demoted, 0...240). Not authenticated.
  public var advskew: UInt8
  /// OpenBSD's demotion count; FreeBSD, NetBSD and UCarp send 0 and ignore it. Not authenticated.
  public var demotion: UInt8
  /// Any value: no receiver may insist on a rising counter (CARP section 2).
  public var counter: UInt64
  /// HMAC-SHA1 over `DigestInput.message(counter:)`.
  public var digest: Digest

  public init(vhid: UInt8, advbase: UInt8, advskew: UInt8, demotion: UInt8, counter: UInt64, digest: Digest) {
    self.vhid = vhid
    self.advbase = advbase
    self.advskew = advskew
    self.demotion = demotion
    self.counter = counter
    self.digest = digest
  }

  /// Whether the sender says that it goes away: advbase 255 and advskew 255 (CARP section 6.1).
  public var isBowOut: Bool { advbase == 255 && advskew == 255 }

  /// The interval that the advertisement announces, by which nodes compare themselves (CARP section 5.4).
  public var interval: Interval { Interval(advbase: advbase, advskew: advskew) }

  /// The 36 bytes as sent: version 2, type 1, authlen 7 and the right checksum.
  public func encoded() -> [UInt8] {
    let header = [Advertisement.versionAndType, vhid, advskew, Advertisement.authlen, demotion, advbase]
    let body = bigEndianBytes(counter) + digest.bytes
    return header + bigEndianBytes(checksum(header + [0, 0] + body)) + body
  }

  /// Version 2 in the high nibble, type 1 (advertisement) in the low one.
  static let versionAndType: UInt8 = 0x21
  /// Counter and digest in 32-bit words.
  static let authlen: UInt8 = 7
}

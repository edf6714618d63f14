/// A shared address with the prefix length of its network, as `192.0.2.1/24`.
public struct AddressWithPrefix: Equatable, Sendable, CustomStringConvertible {
  /// The address itself: host bits are kept.
  public var address: Address
  /// The length of the prefix: 1...32 for IPv4, 1...128 for IPv6.
  public var prefixLength: UInt8
  /// Where it stands in the file.
  public var position: Position

  /// Makes a shared address; the caller answers for the range of the prefix length.
  public init(address: Address, prefixLength: UInt8, position: Position) {
    self.address = address
    self.prefixLength = prefixLength
    self.position = position
  }

  /// `ADDRESS/LENGTH`, the address in its canonical form.
  public var description: String { "\(address)/\(prefixLength)" }
}

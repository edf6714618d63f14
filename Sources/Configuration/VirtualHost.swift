/// One `[[virtual-host]]`: addresses that carpd holds on an interface while it is MASTER of the vhid.
public struct VirtualHost: Equatable, Sendable {
  /// Whose MAC address the shared addresses are reached by.
  public enum MAC: String, Sendable {
    /// The vhid's own, 00:00:5e:00:01:VHID.
    case virtual
    /// The interface's.
    case interface
  }

  /// The interface, 1...15 bytes.
  public var interface: String
  /// Where the interface is named.
  public var interfacePosition: Position
  /// The virtual host id, 1...255.
  public var vhid: UInt8
  /// The whole seconds of the advertisement interval, 0...255.
  public var advbase: UInt8
  /// What is added to the advertisement interval in units of 1/256 s, 0...254.
  public var advskew: UInt8
  /// Whether to take over from a worse master; nil if the daemon's setting holds.
  public var preempt: Bool?
  /// Where the key comes from.
  public var secret: Secret
  /// Where the secret is set, or the virtual host if it has none.
  public var secretPosition: Position
  /// The shared addresses: 1...4096 of either family, none twice.
  public var addresses: [AddressWithPrefix]
  /// Whose MAC address is used; always `.interface` with peers.
  public var mac: MAC
  /// The other machines if advertisements go to each of them; empty if they go to the multicast group. At most 32.
  public var peers: [Address]
  /// Where the table begins.
  public var position: Position
  /// The name of the `[[group]]` it shares its fate with, nil without one.
  public var fate: String?
}

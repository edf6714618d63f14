import CARP
import Channel
import Election

/// One virtual host as the supervisor described it.
struct HostConfiguration: Equatable {
  struct SharedAddress: Equatable {
    var address: CARP.Address
    var prefix: UInt8
  }

  /// The number it goes by on the channel.
  var group: UInt16
  var interface: UInt16
  var interfaceName: String
  var parameters: Parameters
  var mac: MACMode
  /// At most 20 bytes.
  var key: [UInt8]
  var addresses: [SharedAddress]
  /// Empty with multicast.
  var peers: [CARP.Address]
  /// Seconds, the longer of the two families'.
  var lease: UInt16
  /// The name of the group of virtual hosts that share their fate; empty without one.
  var fate = ""

  /// Whether a role held under `other` may be kept under this: the same host, with the same digests and addresses.
  func continues(_ other: HostConfiguration) -> Bool {
    names(other) && key == other.key && addresses == other.addresses && mac == other.mac
  }

  /// Whether both are the same vhid on the same interface.
  func names(_ other: HostConfiguration) -> Bool {
    interfaceName == other.interfaceName && parameters.vhid == other.parameters.vhid
  }

  /// The families it has addresses of.
  var families: [CARP.Family] {
    (parameters.ipv4 ? [.ipv4] : []) + (parameters.ipv6 ? [.ipv6] : [])
  }
}

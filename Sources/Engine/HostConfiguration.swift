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

  /// Whether a role held under `other` may be kept under this: the same host, its addresses reached in the same way.
  ///
  /// - Parameter hasTransition: whether others understand this one with another key or other addresses, for a while.
  func continues(_ other: HostConfiguration, hasTransition: Bool) -> Bool {
    names(other) && mac == other.mac && (hasTransition || signs(like: other) && addresses == other.addresses)
  }

  /// Whether both make the same digests.
  func signs(like other: HostConfiguration) -> Bool {
    key == other.key && Set(addresses.map(\.address)) == Set(other.addresses.map(\.address))
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

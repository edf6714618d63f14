/// A virtual host as far as it could be read: what is missing or wrong is nil and was reported. Checks between virtual
/// hosts work on drafts, so that one mistake does not hide another.
struct VirtualHostDraft {
  /// A value and where it stands.
  struct Placed<Value> {
    var value: Value
    var position: Position
  }

  var position: Position
  var interface: Placed<String>?
  var vhid: Placed<UInt8>?
  var advbase: UInt8 = 1
  var advskew: UInt8 = 0
  var preempt: Bool?
  var secret: Placed<Secret>
  var addresses: [AddressWithPrefix] = []
  var mac = VirtualHost.MAC.virtual
  var peers: [Placed<Address>] = []
  /// The group it shares its fate with, and where that says so.
  var fate: Placed<String>?

  /// INTERFACE-VHID, nil if either is missing.
  var name: String? {
    guard let interface, let vhid else { return nil }
    return "\(interface.value)-\(vhid.value)"
  }

  /// The virtual host, if nothing that it cannot do without is missing.
  func finished() -> VirtualHost? {
    guard let interface, let vhid else { return nil }
    return VirtualHost(
      interface: interface.value, interfacePosition: interface.position, vhid: vhid.value, advbase: advbase,
      advskew: advskew, preempt: preempt, secret: secret.value, secretPosition: secret.position,
      addresses: addresses, mac: mac, peers: peers.map(\.value), position: position, fate: fate?.value)
  }
}

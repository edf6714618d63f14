/// What must hold between virtual hosts, and between the addresses and the peers of one.
extension SchemaReader {
  private static let mostAddressesTogether = 8192

  mutating func checkTogether(_ drafts: [VirtualHostDraft]) {
    refuseDuplicateVHIDs(drafts)
    let shared = refuseDuplicateAddresses(drafts)
    for draft in drafts { checkPeers(of: draft, shared: shared) }
  }

  private mutating func refuseDuplicateVHIDs(_ drafts: [VirtualHostDraft]) {
    struct Place: Hashable {
      /// As bytes, since the kernel compares names so.
      var interface: [UInt8]
      var vhid: UInt8
    }
    var known: [Place: Position] = [:]
    for draft in drafts {
      guard let interface = draft.interface, let vhid = draft.vhid else { continue }
      let place = Place(interface: Array(interface.value.utf8), vhid: vhid.value)
      if let earlier = known[place] {
        diagnostics.error(
          "vhid \(vhid.value) on \(quoted(interface.value)) is already used at \(earlier); choose another vhid, or put"
            + " the addresses together", at: vhid.position)
      } else {
        known[place] = vhid.position
      }
    }
  }

  /// Returns where each shared address stands first.
  private mutating func refuseDuplicateAddresses(_ drafts: [VirtualHostDraft]) -> [Address: Position] {
    var known: [Address: Position] = [:]
    for (index, address) in drafts.lazy.flatMap(\.addresses).enumerated() {
      if index == Self.mostAddressesTogether {
        diagnostics.error(
          "this is one address more than the \(Self.mostAddressesTogether) that carpd takes; remove some",
          at: address.position)
      }
      if let earlier = known[address.address] {
        diagnostics.error(
          "address \(address.address) is already shared at \(earlier); remove one of the two", at: address.position)
      } else {
        known[address.address] = address.position
      }
    }
    return known
  }

  private mutating func checkPeers(of draft: VirtualHostDraft, shared: [Address: Position]) {
    for peer in draft.peers {
      if let position = shared[peer.value] {
        diagnostics.error(
          "peer \(peer.value) is a shared address, see \(position); write the other machine's own address",
          at: peer.position)
      } else if !draft.addresses.isEmpty, !draft.addresses.contains(where: { $0.address.isIPv6 == peer.value.isIPv6 }) {
        let family = peer.value.familyName
        diagnostics.error(
          "peer \(peer.value) is of the wrong family, as the virtual host shares no \(family) address; write the peer's"
            + " \(peer.value.isIPv6 ? "IPv4" : "IPv6") address", at: peer.position)
      }
    }
  }
}

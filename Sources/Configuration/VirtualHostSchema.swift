/// One `[[virtual-host]]`.
extension SchemaReader {
  static let mostAddresses = 4096
  private static let mostPeers = 32

  mutating func virtualHost(_ table: TOMLTable, at position: Position) -> VirtualHostDraft {
    refuseUnknownKeys(
      in: table, of: "[[virtual-host]]",
      known: [
        "interface", "vhid", "advbase", "advskew", "preempt", "password", "password-hex", "password-file",
        "credential", "addresses", "mac", "peers",
      ])
    var draft = VirtualHostDraft(position: position, secret: secret(table, at: position))
    draft.interface = interface(required(table, "interface", as: "\"eth0\"", at: position))
    draft.vhid = vhid(required(table, "vhid", as: "1", at: position))
    readInterval(table, into: &draft)
    draft.preempt = boolean(table.entry("preempt"))
    if let entry = required(table, "addresses", as: "[\"192.0.2.1/24\"]", at: position) {
      draft.addresses = addresses(entry)
    }
    draft.peers = peers(table.entry("peers"))
    draft.mac = mac(table.entry("mac"), hasPeers: !draft.peers.isEmpty)
    return draft
  }

  mutating func required(
    _ table: TOMLTable, _ key: String, of what: String = "virtual host", as example: String, at position: Position
  ) -> TOMLEntry? {
    if let entry = table.entry(key) { return entry }
    diagnostics.error("this \(what) has no \(key); add \(key) = \(example)", at: position)
    return nil
  }

  /// A name the kernel would take for an interface.
  private mutating func interface(_ entry: TOMLEntry?) -> VirtualHostDraft.Placed<String>? {
    guard let entry, let name = interfaceName(entry) else { return nil }
    return VirtualHostDraft.Placed(value: name, position: entry.value.position)
  }

  private mutating func vhid(_ entry: TOMLEntry?) -> VirtualHostDraft.Placed<UInt8>? {
    guard let entry, let value = integer(entry, in: 1...255) else { return nil }
    return VirtualHostDraft.Placed(value: UInt8(value), position: entry.value.position)
  }

  private mutating func readInterval(_ table: TOMLTable, into draft: inout VirtualHostDraft) {
    let base = table.entry("advbase")
    let skew = table.entry("advskew")
    let advbase = base == nil ? 1 : integer(base, in: 0...255, unit: " seconds")
    let advskew = skew == nil ? 0 : integer(skew, in: 0...254, unit: ", in 1/256 second")
    guard let advbase, let advskew else { return }
    draft.advbase = UInt8(advbase)
    draft.advskew = UInt8(advskew)
    let position = (skew ?? base)?.value.position ?? draft.position
    if advbase == 0, advskew == 0 {
      diagnostics.error(
        "advskew must be at least 1 when advbase is 0; with both 0 there is no time between advertisements",
        at: position)
    } else if let warning = LeasePromise(advbase: advbase, advskew: advskew).warning {
      diagnostics.warning(warning, at: position)
    }
  }

  private mutating func addresses(_ entry: TOMLEntry) -> [AddressWithPrefix] {
    guard let elements = array(entry) else { return [] }
    guard let first = elements.first else {
      diagnostics.error(
        "addresses is empty; write at least one address, as [\"192.0.2.1/24\"]", at: entry.value.position)
      return []
    }
    if elements.count > Self.mostAddresses {
      diagnostics.error(
        "this is one address more than the \(Self.mostAddresses) that a virtual host takes; add another virtual host",
        at: elements[Self.mostAddresses].position)
    }
    let addresses = elements.prefix(Self.mostAddresses).compactMap { address($0) }
    let ipv6 = addresses.count { $0.address.isIPv6 }
    if ipv6 > LeasePromise.mostQuickIPv6 {
      diagnostics.warning(
        "\(ipv6) IPv6 addresses in one virtual host; with more than \(LeasePromise.mostQuickIPv6) their leases are"
          + " longer, so after a crash they stay longer; use several virtual hosts if that matters",
        at: first.position)
    }
    return addresses
  }

  private mutating func address(_ value: TOMLValue) -> AddressWithPrefix? {
    guard case .string(let text) = value.content else {
      diagnostics.error(
        "an address must be a string, not \(value.kind); write \"192.0.2.1/24\"", at: value.position)
      return nil
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let host = parts.first, parts.count <= 2, let address = Address(host) else {
      diagnostics.error(
        "\(quoted(text)) is no address; write it as \"192.0.2.1/24\" or \"2001:db8::1/64\"", at: value.position)
      return nil
    }
    let range = "1...\(address.bitWidth)"
    guard parts.count == 2 else {
      diagnostics.error(
        "\(quoted(text)) has no prefix length; write \"\(address)/\(address.isIPv6 ? 64 : 24)\", with the length that"
          + " the network has", at: value.position)
      return nil
    }
    guard let length = Address.decimal(ArraySlice(parts[1].utf8), upTo: address.bitWidth), length > 0 else {
      diagnostics.error(
        "the prefix length of \(quoted(text)) is wrong; write one within \(range)", at: value.position)
      return nil
    }
    if let unusable = address.unusable {
      diagnostics.error("\(address) is \(unusable), which cannot be shared; write a host's address", at: value.position)
      return nil
    }
    return AddressWithPrefix(address: address, prefixLength: UInt8(length), position: value.position)
  }

  private mutating func peers(_ entry: TOMLEntry?) -> [VirtualHostDraft.Placed<Address>] {
    guard let elements = array(entry) else { return [] }
    if elements.count > Self.mostPeers {
      diagnostics.error(
        "this is one peer more than the \(Self.mostPeers) that a virtual host takes; leave peers out to use multicast",
        at: elements[Self.mostPeers].position)
    }
    var peers: [VirtualHostDraft.Placed<Address>] = []
    var known: [Address: Position] = [:]
    for element in elements.prefix(Self.mostPeers) {
      guard let address = peer(element) else { continue }
      if let earlier = known[address] {
        diagnostics.error("peer \(address) is already there at \(earlier); remove one", at: element.position)
        continue
      }
      known[address] = element.position
      peers.append(VirtualHostDraft.Placed(value: address, position: element.position))
    }
    return peers
  }

  private mutating func peer(_ value: TOMLValue) -> Address? {
    guard case .string(let text) = value.content else {
      diagnostics.error("a peer must be a string, not \(value.kind); write \"192.0.2.102\"", at: value.position)
      return nil
    }
    guard let address = Address(text) else {
      diagnostics.error(
        "\(quoted(text)) is no peer; write the other machine's own address, without prefix length, as \"192.0.2.102\"",
        at: value.position)
      return nil
    }
    if let unusable = address.unusable {
      diagnostics.error(
        "peer \(address) is \(unusable); write the other machine's own address", at: value.position)
      return nil
    }
    return address
  }

  private mutating func mac(_ entry: TOMLEntry?, hasPeers: Bool) -> VirtualHost.MAC {
    let byDefault = hasPeers ? VirtualHost.MAC.interface : .virtual
    guard let entry, let mac = choice(entry, VirtualHost.MAC.virtual, .interface) else { return byDefault }
    if mac == .virtual, hasPeers {
      diagnostics.error(
        "mac \"virtual\" does not go with peers, as CARP over unicast uses the interface's MAC; write"
          + " mac = \"interface\" or leave mac out, or remove peers", at: entry.value.position)
      return byDefault
    }
    return mac
  }
}

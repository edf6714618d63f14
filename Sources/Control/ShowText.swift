extension ShowReply {
  /// What `carpctl show` prints: per interface, lines of the form of FreeBSD's `ifconfig` (CARP section 10.1).
  public var text: String {
    interfaces.map { interface in
      let hosts = virtualHosts.filter { $0.interface == interface.name }
      return "\(interface.name): \(interface.state)\n" + hosts.map(\.text).joined()
    }.joined()
  }
}

extension VirtualHostStatus {
  fileprivate var text: String {
    let demoted = demotion == 0 ? "" : " demotion \(demotion)"
    let lines =
      ["carp: \(state) vhid \(vhid) advbase \(advbase) advskew \(advskew)\(demoted)"]
      + (peers.isEmpty ? [] : ["      " + peerText]) + warnings.map { "      " + $0 }
      + addresses.map { addressText($0) + " vhid \(vhid)" }
    return lines.map { "\t\($0)\n" }.joined()
  }

  /// Families without a peer of their own keep the multicast group, as on FreeBSD.
  private var peerText: String {
    let ipv4 = peers.filter { !$0.contains(":") }
    let ipv6 = peers.filter { $0.contains(":") }
    return (ipv4.isEmpty ? ["224.0.0.18"] : ipv4).map { "peer \($0)" }.joined(separator: " ") + " "
      + (ipv6.isEmpty ? ["ff02::12"] : ipv6).map { "peer6 \($0)" }.joined(separator: " ")
  }

  /// What is wrong with it, and the remedy.
  var warnings: [String] {
    var warnings: [String] = []
    if peerMismatch {
      warnings.append(
        "peer-mismatch: advertisements heard on this vhid do not verify; compare password and address list on all "
          + "machines")
    }
    // What more than one round of renewals costs: said where it is not the usual two seconds and a bit.
    if Double(lease) > Double(advbase) + Double(advskew) / 256 + 1.5 {
      warnings.append("lease: if carpd is killed here, the addresses stay for up to \(lease) s, as they are many")
    }
    for family in silentFamilies {
      warnings.append(
        "silent: the master is heard, but not by \(family); check on all machines that the network between them lets "
          + "its packets of protocol 112 through")
    }
    return warnings
  }
}

/// `inet A netmask M broadcast B`, or `inet6 A prefixlen N`, from `ADDRESS/LENGTH`.
private func addressText(_ text: String) -> String {
  let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
  guard parts.count == 2, let length = UInt32(parts[1]) else { return "inet \(text)" }
  let octets = parts[0].split(separator: ".").compactMap { UInt8($0) }
  guard octets.count == 4, length <= 32 else { return "inet6 \(parts[0]) prefixlen \(length)" }
  let mask = length == 0 ? 0 : UInt32.max << (32 - length)
  let broadcast = octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } | ~mask
  let dotted = [24, 16, 8, 0].map { String(broadcast >> $0 & 0xff) }.joined(separator: ".")
  let digits = String(mask, radix: 16)
  let netmask = String(repeating: "0", count: 8 - digits.count) + digits
  return "inet \(parts[0]) netmask 0x\(netmask) broadcast \(dotted)"
}

import Channel
import Configuration

/// A checked configuration, or what is wrong with it, as the messages that the supervisor makes its policy of.
struct ConfigurationMessages {
  /// Findings at most; the first ones are worth the most.
  static let diagnosticLimit = 100
  /// Bytes of a finding's text.
  static let textLimit = 480
  /// Bytes of what is said of a virtual host.
  static let descriptionLimit = 900

  private(set) var messages: [Message] = []
  private let groups: GroupNumbers

  init(configuration: ConfiguredSettings?, diagnostics: [ConfiguredDiagnostic], groups: GroupNumbers) {
    self.groups = groups
    for diagnostic in diagnostics.prefix(Self.diagnosticLimit) { add(diagnostic) }
    if let configuration { add(configuration) }
  }

  private mutating func add(_ diagnostic: ConfiguredDiagnostic) {
    messages.append(
      .diagnostic(
        level: diagnostic.severity == .error ? .error : .warning, line: UInt32(clamping: diagnostic.line),
        column: UInt32(clamping: diagnostic.column), text: truncated(diagnostic.message, bytes: Self.textLimit)))
  }

  private mutating func add(_ configuration: ConfiguredSettings) {
    messages.append(.settings(settings(configuration)))
    var interfaces: [String: UInt16] = [:]
    for (index, host) in configuration.virtualHosts.enumerated() {
      let group = UInt16(truncatingIfNeeded: index)
      let interface = interfaces[host.interface] ?? UInt16(truncatingIfNeeded: interfaces.count)
      interfaces[host.interface] = interface
      let message = virtualHost(host, preempt: configuration.daemon.preempt)
      messages.append(.virtualHost(group: group, interface: interface, message))
      for address in host.addresses {
        messages.append(.address(group: group, hostAddress(address.address, prefix: address.prefixLength)))
      }
      for peer in host.peers {
        var entry = hostAddress(peer, prefix: 0)
        entry.isPeer = true
        messages.append(.address(group: group, entry))
      }
    }
    for track in configuration.tracks {
      let interface = interfaces[track.interface] ?? UInt16(truncatingIfNeeded: interfaces.count)
      interfaces[track.interface] = interface
      messages.append(.track(interface: interface, name: track.interface, demotion: track.demotion))
    }
    for host in configuration.virtualHosts { add(describing: host) }
    messages.append(.commit(groups: UInt16(truncatingIfNeeded: configuration.virtualHosts.count), generation: 0))
  }

  /// What will be done for a virtual host.
  private mutating func add(describing host: ConfiguredHost) {
    let leases = [Family.ipv4, .ipv6].compactMap { family -> String? in
      let count = host.addresses.count { $0.address.isIPv6 == (family == .ipv6) }
      if count == 0 { return nil }
      let interval = Lease.interval(host.advbase, host.advskew)
      return "IPv\(family.rawValue) lease \(Lease.seconds(family, addresses: count, every: interval)) s"
    }
    let addresses = "\(host.addresses.count) address\(host.addresses.count == 1 ? "" : "es")"
    let mac = host.mac == .virtual ? "virtual MAC" : "the interface's MAC"
    let peers = host.peers.map(\.description).joined(separator: ", ")
    let text =
      "vhid \(host.vhid) on \(host.interface): advbase \(host.advbase) advskew \(host.advskew), \(addresses), \(mac), "
      + (peers.isEmpty ? "multicast" : "unicast to \(peers)") + ", " + leases.joined(separator: ", ")
    messages.append(
      .diagnostic(
        level: .info, line: UInt32(clamping: host.position.line), column: UInt32(clamping: host.position.column),
        text: truncated(text, bytes: Self.descriptionLimit)))
  }

  private func settings(_ configuration: ConfiguredSettings) -> Settings {
    let audit = configuration.audit
    var settings = Settings()
    settings.adminGroup = configuration.daemon.adminGroup ?? ""
    settings.readGroup = configuration.daemon.readGroup ?? ""
    settings.adminGID = groups[settings.adminGroup] ?? .max
    settings.readGID = groups[settings.readGroup] ?? .max
    settings.auditLog = audit.log
    if let file = audit.keyFile {
      settings.auditKeyKind = .file
      settings.auditKey = Array(file.utf8)
    } else if let credential = audit.credential {
      settings.auditKeyKind = .credential
      settings.auditKey = Array(credential.utf8)
    }
    settings.auditMaxSize = UInt64(clamping: audit.maxSize)
    settings.auditKeep = UInt16(clamping: audit.keep)
    settings.auditFailureDenies = audit.onFailure == .deny
    let daemon = configuration.daemon
    settings.startHold = UInt32(clamping: daemon.startHold)
    settings.preemptDelay = UInt32(clamping: daemon.preemptDelay)
    settings.transition = UInt32(clamping: daemon.transition)
    settings.damping = UInt32(clamping: daemon.flapDamping)
    settings.linkDemotion = daemon.linkDemotion
    settings.sendDemotion = daemon.sendDemotion
    return settings
  }

  private func virtualHost(_ host: ConfiguredHost, preempt: Bool) -> Channel.VirtualHost {
    var message = Channel.VirtualHost()
    message.interfaceName = host.interface
    message.vhid = host.vhid
    message.advbase = host.advbase
    message.advskew = host.advskew
    message.preempt = host.preempt ?? preempt
    message.mac = host.mac == .virtual ? .virtual : .interface
    (message.secretKind, message.secret) = secret(host.secret)
    message.addresses = UInt16(clamping: host.addresses.count)
    message.peers = UInt16(clamping: host.peers.count)
    message.fate = host.fate ?? ""
    return message
  }

  private func secret(_ secret: ConfiguredSecret) -> (SecretKind, [UInt8]) {
    switch secret {
    case .none: (.none, [])
    case .password(let key), .hex(let key): (.key, key)
    case .file(let name): (.file, Array(name.utf8))
    case .credential(let name): (.credential, Array(name.utf8))
    }
  }

  private func hostAddress(_ address: ConfiguredAddress, prefix: UInt8) -> HostAddress {
    var message = HostAddress()
    message.prefix = prefix
    switch address {
    case .ipv4(let bits): message.address = Channel.Address(.ipv4, UInt128(bits))
    case .ipv6(let high, let low): message.address = Channel.Address(.ipv6, UInt128(high) << 64 | UInt128(low))
    }
    return message
  }
}

/// The longest beginning of `text` that is no longer than `bytes` and ends between two characters.
private func truncated(_ text: String, bytes: Int) -> String {
  var result = ""
  var count = 0
  for character in text {
    count += character.utf8.count
    if count > bytes { break }
    result.append(character)
  }
  return result
}

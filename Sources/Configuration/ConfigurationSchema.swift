/// The document, `[daemon]` and `[audit]`.
extension SchemaReader {
  private static let mostVirtualHosts = 512

  mutating func configuration(_ document: TOMLTable, worldReadable: Bool) -> Configuration {
    refuseUnknownKeys(in: document, of: "the file", known: ["daemon", "audit", "track", "group", "virtual-host"])
    var configuration = Configuration()
    if let table = table(document.entry("daemon")) { configuration.daemon = daemon(table) }
    if let table = table(document.entry("audit")) { configuration.audit = audit(table) }

    let tables = virtualHostTables(document.entry("virtual-host"))
    var drafts = tables.map { virtualHost($0.table, at: $0.position) }
    checkTogether(drafts)
    if worldReadable { refuseInlinePasswords(drafts) }
    readGroups(document.entry("group"), into: &drafts, preempt: configuration.daemon.preempt)
    configuration.tracks = tracks(document.entry("track"))
    configuration.virtualHosts = drafts.compactMap { $0.finished() }
    return configuration
  }

  private mutating func virtualHostTables(_ entry: TOMLEntry?) -> [(table: TOMLTable, position: Position)] {
    guard let entry else {
      diagnostics.warning("there is no virtual host, so carpd has nothing to do; add a [[virtual-host]]", at: .start)
      return []
    }
    return tables(
      entry, atMost: Self.mostVirtualHosts,
      tooMany: "this is one virtual host more than the \(Self.mostVirtualHosts) that carpd takes; put more addresses"
        + " into one")
  }

  private mutating func daemon(_ table: TOMLTable) -> Configuration.Daemon {
    refuseUnknownKeys(
      in: table, of: "[daemon]",
      known: [
        "preempt", "admin-group", "read-group", "start-hold", "preempt-delay", "transition", "flap-damping",
        "ifdown-demotion", "senderr-demotion",
      ])
    var daemon = Configuration.Daemon()
    if let preempt = boolean(table.entry("preempt")) { daemon.preempt = preempt }
    daemon.adminGroup = group(table.entry("admin-group"))
    daemon.readGroup = group(table.entry("read-group"))
    let times = 0...3_600_000
    if let hold = duration(table.entry("start-hold"), in: times) { daemon.startHold = hold }
    if let delay = duration(table.entry("preempt-delay"), in: times) { daemon.preemptDelay = delay }
    if let transition = duration(table.entry("transition"), in: times) { daemon.transition = transition }
    if let damping = duration(table.entry("flap-damping"), in: times) { daemon.flapDamping = damping }
    if let demotion = integer(table.entry("ifdown-demotion"), in: 0...255) { daemon.linkDemotion = UInt8(demotion) }
    if let demotion = integer(table.entry("senderr-demotion"), in: 0...255) { daemon.sendDemotion = UInt8(demotion) }
    return daemon
  }

  private mutating func group(_ entry: TOMLEntry?) -> String? {
    guard let entry, let name = string(entry) else { return nil }
    let isName = name.utf8.allSatisfy { $0.isBareKeyCharacter || $0 == .dot } && name.utf8.first != .minus
    guard isName, (1...32).contains(name.utf8.count) else {
      diagnostics.error(
        "\(entry.key.text) is \(quoted(name)); write the name of a group, 1...32 letters, digits, '-', '_' or '.'",
        at: entry.value.position)
      return nil
    }
    return name
  }

  private mutating func audit(_ table: TOMLTable) -> Configuration.Audit {
    refuseUnknownKeys(
      in: table, of: "[audit]", known: ["log", "key-file", "credential", "max-size", "keep", "on-failure"])
    refuseTogether([table.entry("key-file"), table.entry("credential")])
    var audit = Configuration.Audit()
    if let log = absolutePath(table.entry("log")) { audit.log = log }
    audit.keyFile = plainName(table.entry("key-file"))
    audit.credential = plainName(table.entry("credential"))
    if let size = integer(table.entry("max-size"), in: 64 << 10...1 << 30, unit: " bytes") { audit.maxSize = size }
    if let keep = integer(table.entry("keep"), in: 1...100, unit: " files") { audit.keep = keep }
    if let choice = choice(table.entry("on-failure"), Configuration.Audit.OnFailure.allow, .deny) {
      audit.onFailure = choice
    }
    return audit
  }

  private mutating func absolutePath(_ entry: TOMLEntry?) -> String? {
    guard let entry, let path = string(entry) else { return nil }
    let parts = path.utf8.split(separator: UInt8(ascii: "/"))
    let isFile = path.utf8.last != UInt8(ascii: "/") && parts.allSatisfy { !$0.elementsEqual("..".utf8) }
    guard isFile, path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
      diagnostics.error(
        "\(entry.key.text) is \(quoted(path)); write the absolute path of a file, as /var/log/carpd/audit.jsonl",
        at: entry.value.position)
      return nil
    }
    // A message between carpd's processes holds no more (`Channel/Payloads.swift`).
    guard path.utf8.count <= 255, parts.last.map(\.count) ?? 0 <= 128 else {
      diagnostics.error(
        "\(entry.key.text) is too long; write a path of at most 255 bytes whose last part has at most 128",
        at: entry.value.position)
      return nil
    }
    return path
  }
}

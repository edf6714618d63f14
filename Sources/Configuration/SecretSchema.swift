/// The four keys of a virtual host that say where its key comes from.
extension SchemaReader {
  /// The most bytes of a password that FreeBSD and UCarp use (CARP section 3, "Password to key").
  private static let longestElsewhere = 19

  mutating func secret(_ table: TOMLTable, at position: Position) -> VirtualHostDraft.Placed<Secret> {
    let entries = ["password", "password-hex", "password-file", "credential"].map { table.entry($0) }
    refuseTogether(entries)
    guard let place = entries.compactMap({ $0?.key.position }).min() else {
      diagnostics.warning(
        "this virtual host has no password, so every machine on the network can take its addresses over; set"
          + " password-file", at: position)
      return VirtualHostDraft.Placed(value: .none, position: position)
    }
    let secrets = [
      password(table.entry("password")), hexadecimal(table.entry("password-hex")),
      plainName(table.entry("password-file")).map { .file($0) },
      plainName(table.entry("credential")).map { .credential($0) },
    ]
    return VirtualHostDraft.Placed(value: secrets.compactMap { $0 }.first ?? .none, position: place)
  }

  /// A password in a file that everybody can read is none.
  mutating func refuseInlinePasswords(_ drafts: [VirtualHostDraft]) {
    for draft in drafts {
      switch draft.secret.value {
      case .password, .hex:
        diagnostics.error(
          "everybody can read this password, as everybody can read the file; run chmod 0640 and chgrp carpd on the"
            + " file, or use password-file", at: draft.secret.position)
      case .none, .file, .credential:
        break
      }
    }
  }

  private mutating func password(_ entry: TOMLEntry?) -> Secret? {
    guard let entry, let text = string(entry) else { return nil }
    let bytes = Array(text.utf8)
    guard (1...Secret.longestKey).contains(bytes.count) else {
      diagnostics.error(
        "the password has \(bytes.count) bytes; write 1...\(Secret.longestKey), or 1...\(Self.longestElsewhere) to be"
          + " understood by FreeBSD and UCarp", at: entry.value.position)
      return nil
    }
    guard !bytes.contains(0) else {
      diagnostics.error(
        "a password cannot contain a zero byte; use password-hex for binary keys", at: entry.value.position)
      return nil
    }
    warnIfLong(bytes, at: entry.value.position)
    return .password(bytes)
  }

  private mutating func hexadecimal(_ entry: TOMLEntry?) -> Secret? {
    guard let entry, let text = string(entry) else { return nil }
    let digits = text.utf8.compactMap { $0.digit(radix: 16) }
    guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2),
      (1...Secret.longestKey).contains(digits.count / 2)
    else {
      diagnostics.error(
        "password-hex must be 2...\(2 * Secret.longestKey) hexadecimal digits, two for each byte; write for example the"
          + " output of: openssl rand -hex \(Self.longestElsewhere)", at: entry.value.position)
      return nil
    }
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    if bytes.first == 0 {
      diagnostics.warning(
        "FreeBSD cannot configure a key whose first byte is zero; choose another one if FreeBSD machines take part",
        at: entry.value.position)
    }
    warnIfLong(bytes, at: entry.value.position)
    return .hex(bytes)
  }

  private mutating func warnIfLong(_ key: [UInt8], at position: Position) {
    guard key.count > Self.longestElsewhere else { return }
    diagnostics.warning(
      "FreeBSD and UCarp use at most \(Self.longestElsewhere) bytes of a password, and this has \(key.count); shorten it"
        + " if they take part", at: position)
  }
}

import Channel

/// The keys that a configuration only names.
extension Supervisor {
  /// The key itself: password files are in a directory beside the configuration.
  func key(_ kind: SecretKind, _ value: [UInt8]) throws(Refusal) -> [UInt8] {
    if kind == .none || kind == .key { return value }
    let name = String(decoding: value, as: UTF8.self)
    guard let found = kind == .file ? try passwordFile(name) : credentials[name] else {
      throw Refusal(text: "there is no credential \(name); name it by LoadCredential= in the unit")
    }
    // Without the line end an editor leaves.
    return Array(found.reversed().drop { $0 == 10 || $0 == 13 }.reversed())
  }

  private func passwordFile(_ name: String) throws(Refusal) -> [UInt8] {
    let path = "\(Startup.directory(of: options.config))secrets/\(name)"
    if name.isEmpty || name.hasPrefix(".") || name.contains("/") {
      throw Refusal(text: "\(path) is not a plain file name")
    }
    var status = stat()
    do throws(Errno) {
      let file = try openFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      try unsafe check(fstat(file.raw, &status))
      if status.st_mode & 0o004 == 0 { return try readAll(file, limit: 64) }
    } catch {
      throw Refusal(text: "cannot open the password file \(path): \(error)")
    }
    throw Refusal(text: "\(path) can be read by everybody; chmod o-r \(path)")
  }

  /// What the service manager handed over in CREDENTIALS_DIRECTORY, by name: at most 64 of at most 64 bytes.
  static func readCredentials() -> [String: [UInt8]] {
    guard let directory = Startup.environment("CREDENTIALS_DIRECTORY") else { return [:] }
    var listing = unsafe glob_t()
    defer { unsafe globfree(&listing) }
    if unsafe glob("\(directory)/[!.]*", 0, nil, &listing) != 0 { return [:] }
    let paths = unsafe (0..<min(64, Int(listing.gl_pathc))).compactMap { index in
      unsafe listing.gl_pathv[index].map { unsafe String(cString: $0) }
    }
    return paths.reduce(into: [:]) { $0[String($1.dropFirst(directory.count + 1))] = try? readFile($1, limit: 64) }
  }
}

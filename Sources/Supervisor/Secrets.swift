import Channel

/// The keys that a configuration only names.
extension Supervisor {
  /// The key itself: password files are in a directory beside the configuration.
  func key(_ kind: SecretKind, _ value: [UInt8]) throws(Refusal) -> [UInt8] {
    let name = String(decoding: value, as: UTF8.self)
    let path = "\(Startup.directory(of: options.config))secrets/\(name)"
    var status = stat()
    switch kind {
    case .none, .key: return value
    case .credential:
      if let key = credentials[name] { return key }
      throw .init(text: "there is no credential \(name); name it by LoadCredential= in the unit")
    case .file where name.isEmpty || name.hasPrefix(".") || name.contains("/"):
      throw .init(text: "\(path) is not a plain file name")
    case .file:
      do throws(Errno) {
        let file = try openFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        try unsafe check(fstat(file.raw, &status))
        if status.st_mode & 0o004 == 0 { return Supervisor.trimmed(try readAll(file, limit: 64)) }
      } catch {
        throw .init(text: "cannot open the password file \(path): \(error)")
      }
      throw .init(text: "\(path) can be read by everybody; chmod o-r \(path)")
    }
  }

  /// What the service manager handed over in CREDENTIALS_DIRECTORY, by name: at most 64 of at most 64 bytes.
  static func readCredentials() -> [String: [UInt8]] {
    guard let directory = Startup.environment("CREDENTIALS_DIRECTORY"), let listing = unsafe opendir(directory) else {
      return [:]
    }
    defer { unsafe closedir(listing) }
    var found: [String: [UInt8]] = [:]
    while let entry = unsafe readdir(listing), found.count < 64 {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if let bytes = try? readFile("\(directory)/\(name)", limit: 64) { found[name] = trimmed(bytes) }
    }
    return found
  }

  /// Without the line end an editor leaves.
  private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    Array(bytes.reversed().drop { $0 == 10 || $0 == 13 }.reversed())
  }
}

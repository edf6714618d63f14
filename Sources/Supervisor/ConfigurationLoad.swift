import Channel
import Confinement

/// One run of the config role: the file goes in as a descriptor, a Policy or diagnostics come out.
final class ConfigurationLoad: ChildOwner {
  private let options: Options
  private let secrets: Secrets
  private let log: Log
  private var policy: Policy
  private var refusal: String?
  private var isComplete = false
  /// What the config role says of the file, as it was logged.
  private var diagnostics: [Message] = []
  private var hasErrors = false
  /// Called once with the policy, or nil, and with the reasons.
  private let done: (Policy?, [Message]) -> Void

  /// `groups` is open on /etc/group, for the config role to look numbers up.
  init(
    _ file: FileDescriptor, _ groups: FileDescriptor, _ options: Options, _ credentials: [String: [UInt8]],
    _ generation: UInt32, _ children: Children, _ log: Log, done: @escaping (Policy?, [Message]) -> Void
  ) throws(Errno) {
    (self.options, self.log, self.done) = (options, log, done)
    secrets = Secrets(directory: Startup.directory(of: options.config) + "/secrets", credentials: credentials)
    policy = Policy(generation: generation)
    try children.start(.config, for: self, extra: [file.raw, groups.raw])
  }

  func childIsReady(_ child: ChildProcess) { child.endpoint.send(.ready) }

  func receive(_ packet: Packet) -> String? {
    do throws(Policy.Refusal) {
      switch packet.message {
      case .settings(let settings): policy.settings = settings
      case .virtualHost(let host): try policy.add(host)
      case .address(let entry): try policy.add(entry)
      case .track(_, let name, let demotion): try policy.add(track: name, demotion)
      case .commit: isComplete = true
      case .diagnostic(.info, _, _, let text): if options.check { log.plain(text) }
      case .diagnostic(let level, let line, let column, let text):
        if level == .error { hasErrors = true }
        // More than the config role ever sends is not kept.
        if diagnostics.count < 100 { diagnostics.append(packet.message) }
        log.plain("\(options.config):\(line):\(column): \(level.name): \(text)")
      default: return "not a configuration message"
      }
    } catch {
      refusal = refusal ?? error.text
    }
    return nil
  }

  func childEnded(_ reason: String) {
    do throws(Policy.Refusal) {
      if hasErrors { return done(nil, diagnostics) }
      if let refusal { throw .init(text: "could not be read: \(refusal)") }
      if !isComplete { throw .init(text: "could not be read: the config process \(reason)") }
      try policy.checkWhole()
      try policy.resolve(secrets.key)
      done(policy, diagnostics)
    } catch {
      log(.error, "\(options.config): \(error.text)")
      done(nil, diagnostics + [.diagnostic(level: .error, line: 1, column: 1, text: error.text)])
    }
  }
}

/// The keys that a configuration only names.
struct Secrets {
  /// Where password files are: a directory beside the configuration.
  let directory: String
  /// By name, what the service manager handed over.
  let credentials: [String: [UInt8]]

  /// The key itself.
  func key(_ kind: SecretKind, _ value: [UInt8]) throws(Policy.Refusal) -> [UInt8] {
    let name = String(decoding: value, as: UTF8.self)
    switch kind {
    case .none: return []
    case .key: return value
    case .file: return try read(name)
    case .credential:
      if let key = credentials[name] { return key }
      throw .init(text: "there is no credential \(name); name it by LoadCredential= in the unit")
    }
  }

  private func read(_ name: String) throws(Policy.Refusal) -> [UInt8] {
    let path = "\(directory)/\(name)"
    if name.isEmpty || name.hasPrefix(".") || name.contains("/") {
      throw .init(text: "\(path) is not a plain file name")
    }
    var status = stat()
    do throws(Errno) {
      let file = try openFile(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      try unsafe check(fstat(file.raw, &status))
      if status.st_mode & 0o004 == 0 { return Secrets.trimmed(try readAll(file, limit: 64)) }
    } catch {
      throw .init(text: "cannot open the password file \(path): \(error)")
    }
    throw .init(text: "\(path) can be read by everybody; chmod o-r \(path)")
  }

  /// What the service manager handed over in CREDENTIALS_DIRECTORY: at most 64 of at most 64 bytes.
  static func credentials() -> [String: [UInt8]] {
    guard let directory = Startup.environment("CREDENTIALS_DIRECTORY"), let listing = unsafe opendir(directory) else {
      return [:]
    }
    defer { unsafe closedir(listing) }
    var found: [String: [UInt8]] = [:]
    while let entry = unsafe readdir(listing), found.count < 64 {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      if let bytes = try? readFile(directory + "/" + name, limit: 64) { found[name] = trimmed(bytes) }
    }
    return found
  }

  /// Without the line end an editor leaves.
  static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    Array(bytes.reversed().drop { $0 == 10 || $0 == 13 }.reversed())
  }
}

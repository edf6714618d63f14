import CLinux
import Channel
import Confinement
import Glibc
import Linux

/// One run of the config role: the file goes in as a descriptor, a Policy or diagnostics come out.
final class ConfigurationLoad {
  private let path: String
  private let secrets: Secrets
  private let log: Log
  private var builder = PolicyBuilder()
  private var refusal: String?
  private var isComplete = false
  /// What the config role says of the file, as it was logged.
  private var diagnostics: [Message] = []
  private var hasErrors = false
  private let generation: UInt32
  /// Called once with the policy, or nil, and with the reasons.
  private let done: (Policy?, [Message]) -> Void

  init(
    _ file: Int32, groups: Int32, path: String, credentials: [String: [UInt8]], generation: UInt32,
    _ children: Children, _ log: Log, done: @escaping (Policy?, [Message]) -> Void
  ) throws(Errno) {
    self.path = path
    secrets = Secrets(directory: Startup.directory(of: path) + "/secrets", credentials: credentials)
    self.log = log
    self.generation = generation
    self.done = done
    let child = try children.start(.config, extra: [file, groups])
    child.onReady = { [weak child] in child?.endpoint.send(.ready) }
    child.onMessage = { [self, weak child] packet in
      if receive(packet) { return }
      refusal = "the config process broke the rules"
      if let child { children.violation(child, "not a configuration message") }
    }
    child.onEnd = { [self] reason in finish(reason) }
  }

  private func receive(_ packet: Packet) -> Bool {
    do throws(PolicyBuilder.Refusal) {
      switch packet.message {
      case .settings(let settings): builder.add(settings)
      case .virtualHost(let host): try builder.add(host)
      case .address(let entry): try builder.add(entry, isPeer: false)
      case .peer(let entry): try builder.add(entry, isPeer: true)
      case .track(_, let name, let demotion): try builder.add(track: name, demotion)
      case .commit: isComplete = true
      case .diagnostic(let isError, let line, let column, let text):
        if isError { hasErrors = true }
        // More than the config role ever sends is not kept.
        if diagnostics.count < 100 { diagnostics.append(packet.message) }
        log.plain("\(path):\(line):\(column): \(isError ? "error" : "warning"): \(text)")
      default: return false
      }
    } catch {
      refusal = refusal ?? error.text
    }
    return true
  }

  private func finish(_ reason: String) {
    do throws(PolicyBuilder.Refusal) {
      guard isComplete, refusal == nil else {
        if hasErrors { return done(nil, diagnostics) }
        throw .init(text: "could not be read: \(refusal ?? "the config process \(reason)")")
      }
      var policy = try builder.policy(generation: generation)
      for (index, secret) in builder.secrets.enumerated() {
        let key = try secrets.key(secret.kind, secret.value)
        if key.count > 20 { throw .init(text: "the key of vhid \(policy.groups[index].vhid) is longer than 20 bytes") }
        policy.groups[index].key = key
      }
      policy.auditKey = try secrets.key(policy.settings.auditKeyKind, policy.settings.auditKey)
      done(policy, diagnostics)
    } catch {
      log(.error, "\(path): \(error.text)")
      done(nil, diagnostics + [.diagnostic(isError: true, line: 1, column: 1, text: error.text)])
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
  func key(_ kind: SecretKind, _ value: [UInt8]) throws(PolicyBuilder.Refusal) -> [UInt8] {
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

  private func read(_ name: String) throws(PolicyBuilder.Refusal) -> [UInt8] {
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
    guard let directory = unsafe getenv("CREDENTIALS_DIRECTORY").map({ unsafe String(cString: $0) }),
      let listing = unsafe opendir(directory)
    else { return [:] }
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

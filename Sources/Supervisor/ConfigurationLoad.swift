import CLinux
import Channel
import Confinement
import Glibc
import Linux

/// One run of the config role: the file goes in as a descriptor, a Policy or diagnostics come out.
final class ConfigurationLoad {
  struct Failure: Error { let text: String }

  private let path: String
  private let credentials: [String: [UInt8]]
  private let log: Log
  private var builder = PolicyBuilder()
  private var refusal: String?
  private var isComplete = false
  private var errors = 0
  private let generation: UInt32
  /// Called once with the policy, or nil after the reasons were logged.
  private let done: (Policy?) -> Void

  init(
    _ file: Int32, groups: Int32, path: String, credentials: [String: [UInt8]], generation: UInt32,
    _ children: Children, _ log: Log, done: @escaping (Policy?) -> Void
  ) throws(Errno) {
    self.path = path
    self.credentials = credentials
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
        if isError { errors += 1 }
        log.plain("\(path):\(line):\(column): \(isError ? "error" : "warning"): \(text)")
      default: return false
      }
    } catch {
      refusal = refusal ?? error.text
    }
    return true
  }

  private func finish(_ reason: String) {
    guard isComplete, refusal == nil else {
      if errors == 0 { log(.error, "\(path) could not be read: \(refusal ?? "the config process \(reason)")") }
      return done(nil)
    }
    do {
      var policy = try builder.policy(generation: generation)
      policy = try withSecrets(policy)
      done(policy)
    } catch let failure as PolicyBuilder.Refusal {
      log(.error, "\(path): \(failure.text)")
      done(nil)
    } catch {
      log(.error, "\((error as? Failure)?.text ?? "\(error)")")
      done(nil)
    }
  }

  /// Fetches the keys that the configuration only names: password files from the directory `secrets` beside it,
  /// credentials from the service manager's directory.
  private func withSecrets(_ policy: Policy) throws -> Policy {
    var policy = policy
    policy.groups = try zip(policy.groups, builder.secrets).map { (group: PolicyGroup, secret) -> PolicyGroup in
      var group = group
      switch secret.kind {
      case .none: group.key = []
      case .key: group.key = secret.value
      case .file: group.key = try read(secret.value, below: Secrets.directory(beside: path))
      case .credential: group.key = try credential(secret.value)
      }
      if group.key.count > 20 { throw Failure(text: "the key of vhid \(group.vhid) is longer than 20 bytes") }
      return group
    }
    policy.auditKey = try auditKey(policy.settings)
    return policy
  }

  /// The first key of the audit log's MAC chain, empty without one.
  private func auditKey(_ settings: Settings) throws -> [UInt8] {
    switch settings.auditKeyKind {
    case .file: try read(settings.auditKey, below: Secrets.directory(beside: path))
    case .credential: try credential(settings.auditKey)
    case .none, .key: []
    }
  }

  private func credential(_ name: [UInt8]) throws -> [UInt8] {
    let name = String(decoding: name, as: UTF8.self)
    guard let value = credentials[name] else {
      throw Failure(text: "there is no credential \(name); name it by LoadCredential= in the unit")
    }
    return value
  }

  private func read(_ name: [UInt8], below directory: String) throws -> [UInt8] {
    let path = directory + "/" + String(decoding: name, as: UTF8.self)
    guard !name.isEmpty, !name.contains(UInt8(ascii: "/")), name.first != UInt8(ascii: ".") else {
      throw Failure(text: "\(path) is not a plain file name")
    }
    let file: FileDescriptor
    do throws(Errno) { file = try openFile(path, O_RDONLY | O_NOFOLLOW) } catch {
      throw Failure(text: "cannot open the password file \(path): \(error)")
    }
    var status = stat()
    try unsafe check(fstat(file.raw, &status))
    if status.st_mode & 0o004 != 0 {
      throw Failure(text: "\(path) can be read by everybody; chmod o-r \(path)")
    }
    return Secrets.trimmed(try readAll(file, limit: 64))
  }
}

/// Where secrets live.
enum Secrets {
  static func directory(beside file: String) -> String {
    (file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ".") + "/secrets"
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

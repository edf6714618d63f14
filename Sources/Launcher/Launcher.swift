import CLinux
public import Channel
public import Confinement
import Glibc
import Linux

/// What the launcher is told once, at its start.
public struct LauncherSettings: Sendable {
  /// Its own user.
  public var own: Identity
  /// The fixed users of the roles.
  public var roles: [Role: Identity]
  public var fallback: FilterDefault

  public init(own: Identity, roles: [Role: Identity], fallback: FilterDefault) {
    self.own = own
    self.roles = roles
    self.fallback = fallback
  }

  /// As an argument list, and back.
  public var arguments: [String] {
    ([own] + Role.allCases.map { roles[$0] ?? own }).map { "\($0.uid):\($0.gid)" } + [fallback.rawValue]
  }
  public init?(arguments: [String]) {
    guard arguments.count == Role.allCases.count + 2, let last = arguments.last,
      let fallback = FilterDefault(rawValue: last)
    else { return nil }
    let identities = arguments.dropLast().compactMap { argument -> Identity? in
      let numbers = argument.split(separator: ":").compactMap { UInt32($0) }
      return numbers.count == 2 ? Identity(uid: numbers[0], gid: numbers[1]) : nil
    }
    guard identities.count == Role.allCases.count + 1 else { return nil }
    self.init(
      own: identities[0], roles: Dictionary(uniqueKeysWithValues: zip(Role.allCases, identities.dropFirst())),
      fallback: fallback)
  }
}

/// The launcher: starts the unprivileged roles under their own users, ends them, and says how they ended. It exists
/// because a parent with just the two network capabilities can do none of the three.
public final class Launcher {
  /// Descriptors it is started with: the channel, and the one program it may execute.
  public static let channel: Int32 = 3
  public static let program: Int32 = 4

  private struct Running {
    let pid: pid_t
    let pidfd: FileDescriptorBox
  }
  private let settings: LauncherSettings
  private let loop: EventLoop
  private let endpoint: Endpoint
  private var running: [UInt32: Running] = [:]
  /// The directories shared libraries come from, read before /proc/self closes to this process.
  private let libraries: Set<String>

  /// Confines itself, then serves the supervisor until that is gone.
  /// - Throws: ConfinementFailure or Errno; the process must then exit.
  public static func run(_ settings: LauncherSettings) throws {
    nameProcess("carpd-launcher")
    // A terminal or a service manager may signal the whole group: only the supervisor decides what that means. What is
    // ignored here is ignored in the children too.
    for number in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE] { signal(number, SIG_IGN) }
    let loop = try EventLoop()
    let launcher = try Launcher(settings, loop)
    try drop(to: settings.own, keeping: .launcher)
    // From the first moment: no other program, and no signal to anybody but its own children.
    try restrictFiles(
      to: launcher.libraries.map { ($0, .run) }, open: (Launcher.program, .run), handling: .execute)
    try filterLauncher(settings.fallback, identities: Array(settings.roles.values))
    launcher.endpoint.send(.ready)
    try loop.run()
  }

  private init(_ settings: LauncherSettings, _ loop: EventLoop) throws(Errno) {
    self.settings = settings
    self.loop = loop
    let maps = String(decoding: try readFile("/proc/self/maps", limit: 1 << 18), as: UTF8.self)
    libraries = Set(
      maps.split(separator: "\n").compactMap { line in
        guard let slash = line.firstIndex(of: "/"), line.contains(".so") else { return nil }
        return line[slash...].lastIndex(of: "/").map { String(line[slash..<$0]) }
      })
    endpoint = Endpoint(FileDescriptor(owning: Launcher.channel), loop: loop)
    try check(fcntl(Launcher.program, F_SETFD, FD_CLOEXEC))
    try endpoint.listen { [unowned self] in receive() }
    endpoint.onHang = { [unowned self] in end() }
  }

  private func receive() {
    let incoming: Endpoint.Incoming
    do throws(Errno) { incoming = try endpoint.receive(descriptors: 3) } catch { return error.isAgain ? () : end() }
    guard case .packet(let packet, let descriptors) = incoming else { return end() }
    defer { for descriptor in descriptors { close(descriptor) } }
    switch packet.message {
    case .spawn(let role, let token) where !descriptors.isEmpty: start(role, token, descriptors)
    case .kill(let token): if let child = running[token] { _ = pidfd_send_signal(child.pidfd.raw, SIGKILL, nil, 0) }
    case .seal(let directory):
      var places = libraries.map { ($0, FileRights.run) }
      if !directory.isEmpty { places.append((directory, .logs)) }
      if (try? restrictFiles(to: places, open: (Launcher.program, .run))) == nil { end() }
    default:
      end()
    }
  }

  private func start(_ role: Role, _ token: UInt32, _ descriptors: [Int32]) {
    var pidfd: Int32 = -1
    let pid = unsafe cl_fork_pidfd(&pidfd)
    if pid == 0 { execute(role, descriptors) }
    if pid < 0 { return report(token, bySignal: false, 71) }
    running[token] = Running(pid: pid, pidfd: FileDescriptorBox(pidfd))
    if (try? loop.watch(pidfd, { [unowned self] _ in reap(token) })) == nil { end() }
    endpoint.send(.spawned(token: token, pid: UInt32(pid)))
  }

  /// In the new process: the role's user, its descriptors, its program. Never returns.
  private func execute(_ role: Role, _ descriptors: [Int32]) -> Never {
    let identity = settings.roles[role] ?? settings.own
    if identity != .current {
      if setgroups(0, nil) < 0 || setresgid(identity.gid, identity.gid, identity.gid) < 0
        || setresuid(identity.uid, identity.uid, identity.uid) < 0
      {
        _exit(71)
      }
    }
    // Capabilities survive the change of user (securebits) but not exec: with an empty bounding set and nothing
    // inheritable the new program has none.
    let program = fcntl(Launcher.program, F_DUPFD_CLOEXEC, 64)
    let moved = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
    _ = close_range(3, 63, 0)
    for (index, descriptor) in moved.enumerated() where dup2(descriptor, 3 + Int32(index)) < 0 { _exit(71) }
    let arguments = ["carpd: \(role.name)"]
    // Without the first a Swift trap would start a debugger from inside the crashing process. The orders are in the
    // environment because Swift reads arguments from /proc, which is closed to children.
    let environment = [
      "SWIFT_BACKTRACE=enable=no", "CARPD_ROLE=\(role.name)", "CARPD_FILTER_DEFAULT=\(settings.fallback.rawValue)",
    ]
    unsafe withCStrings(arguments) { argv in
      unsafe withCStrings(environment) { envp in
        _ = unsafe cl_execveat(program, "", argv, envp, Int32(AT_EMPTY_PATH))
      }
    }
    _exit(72)
  }

  private func reap(_ token: UInt32) {
    guard let child = running[token] else { return }
    var information = unsafe siginfo_t()
    if unsafe waitid(P_PIDFD, id_t(child.pidfd.raw), &information, WEXITED) < 0 { return }
    loop.unwatch(child.pidfd.raw)
    running[token] = nil
    let status = unsafe information._sifields._sigchld.si_status
    unsafe report(token, bySignal: information.si_code != CLD_EXITED, UInt8(truncatingIfNeeded: status))
  }

  private func report(_ token: UInt32, bySignal: Bool, _ status: UInt8) {
    endpoint.send(.exited(token: token, bySignal: bySignal, status: status))
  }

  /// Without the supervisor nothing has a purpose: a stopped child would not notice by itself.
  private func end() {
    for child in running.values { _ = pidfd_send_signal(child.pidfd.raw, SIGKILL, nil, 0) }
    loop.stop()
  }
}

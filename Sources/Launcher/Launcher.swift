import Channel
import Confinement
public import Linux

/// The launcher: starts the unprivileged roles under their own users, ends them, and says how they ended. It exists
/// because a parent with just the two network capabilities can do none of the three.
public final class Launcher {
  /// Descriptors it is started with: the channel, and the one program it may execute.
  private static let channel: Int32 = 3
  private static let program: Int32 = 4

  private let roles: [Role: Identity]
  private let fallback: FilterDefault
  private let loop: EventLoop
  private let endpoint: Endpoint
  /// The children, as pidfds.
  private var running: [UInt32: FileDescriptor] = [:]
  /// The program, and the directories shared libraries come from, read before /proc/self closes to this process.
  private let places: [(path: String, rights: FileRights)]

  /// Confines itself. `arguments` are what becomes of a system call that is on no list, and the names of four users: its
  /// own and those of engine, auditor and config, the only other ones it then knows. Without names it is for all of them
  /// who runs it.
  /// - Throws: what failed; the process must then exit.
  public init(_ arguments: [String]) throws(Errno) {
    let users = arguments.dropFirst().compactMap { Identity(user: $0) }
    guard let fallback = FilterDefault(rawValue: arguments.first ?? ""), arguments.count == 1 || users.count == 4 else {
      throw Errno(EINVAL, "carpd starts this program, nobody else")
    }
    let (own, others) = (users.first ?? .current, Array(users.dropFirst()))
    let roles = Dictionary(
      uniqueKeysWithValues: Role.allCases.enumerated().map { ($1, others.isEmpty ? .current : others[$0]) })
    // For ps and /proc/PID/comm: exec through a descriptor leaves a number.
    unsafe pthread_setname_np(pthread_self(), "carpd-launcher")
    // A terminal or a service manager may signal the whole group: only the supervisor decides what that means. What is
    // ignored here is ignored in the children too.
    for number in [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE] { signal(number, SIG_IGN) }
    (self.roles, self.fallback) = (roles, fallback)
    let maps = String(decoding: try readFile("/proc/self/maps", limit: 1 << 18), as: UTF8.self)
    let libraries = maps.split(separator: "\n").filter { $0.contains(".so") }.map { $0.drop { $0 != "/" } }
    let directories = libraries.map { String($0.prefix(upTo: $0.lastIndex(of: "/") ?? $0.startIndex)) }
    places = Set(directories + [place(Launcher.program)]).map { ($0, .run) }
    loop = EventLoop()
    endpoint = Endpoint(FileDescriptor(owning: Launcher.channel), loop: loop)
    try check(fcntl(Launcher.program, F_SETFD, FD_CLOEXEC))
    endpoint.listen { [unowned self] in receive() }
    endpoint.onHang = { [loop] in loop.stop() }
    try drop(to: own, keeping: .launcher)
    // From the first moment: no other program, and no signal to anybody but its own children.
    try restrictFiles(to: places, handling: [.execute])
    try filterLauncher(fallback, identities: Array(roles.values))
    endpoint.send(.ready)
  }

  /// Serves the supervisor until that is gone.
  public func run() throws(Errno) {
    try loop.run()
    // Without the supervisor nothing has a purpose: a stopped child would not notice by itself.
    for child in running.values { _ = pidfd_send_signal(child.raw, SIGKILL, nil, 0) }
  }

  private func receive() {
    guard let incoming = try? endpoint.receive(descriptors: 3) else { return }
    guard case .packet(let packet, let descriptors) = incoming else { return loop.stop() }
    defer { for descriptor in descriptors { close(descriptor) } }
    switch packet.message {
    case .spawn(let role, let token) where !descriptors.isEmpty: start(role, token, descriptors)
    case .kill(let token): if let child = running[token] { _ = pidfd_send_signal(child.raw, SIGKILL, nil, 0) }
    case .seal(let directory):
      // Without an audit log its directory has no name, and cannot be opened.
      if (try? restrictFiles(to: places + [(directory, .logs)])) == nil { loop.stop() }
    default: loop.stop()
    }
  }

  private func start(_ role: Role, _ token: UInt32, _ descriptors: [Int32]) {
    guard let (pid, pidfd) = try? startProcess({ become(role, descriptors) }) else {
      endpoint.send(.exited(token: token, bySignal: false, status: 71))
      return
    }
    running[token] = pidfd
    loop.watch(pidfd.raw) { [unowned self] _ in reap(token, pidfd.raw) }
    endpoint.send(.spawned(token: token, pid: UInt32(pid)))
  }

  /// In the new process: the role's user, its descriptors, its program. Capabilities survive the change of user
  /// (securebits) but not exec: with an empty bounding set and nothing inheritable the new program has none.
  private func become(_ role: Role, _ descriptors: [Int32]) -> Never {
    if (try? roles[role]?.become()) == nil { _exit(71) }
    // The orders are in the environment because Swift reads arguments from /proc, which is closed to children.
    let orders = ["CARPD_ROLE=\(role)", "CARPD_FILTER_DEFAULT=\(fallback.rawValue)"]
    execute(Launcher.program, arguments: ["carpd: \(role)"], environment: orders, descriptors: descriptors)
  }

  private func reap(_ token: UInt32, _ pidfd: Int32) {
    var information = unsafe siginfo_t()
    if unsafe waitid(P_PIDFD, id_t(pidfd), &information, WEXITED) < 0 { return }
    loop.unwatch(pidfd)
    running[token] = nil
    let status = unsafe UInt8(truncatingIfNeeded: information._sifields._sigchld.si_status)
    unsafe endpoint.send(.exited(token: token, bySignal: information.si_code != CLD_EXITED, status: status))
  }
}

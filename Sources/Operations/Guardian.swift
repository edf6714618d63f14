import CLinux
import Glibc
import Linux

/// A process between carpctl and one command: it ends the command with everything that the command started, when its
/// time is over or when carpctl is gone, however that came about. Whatever the command left running ends with it too.
///
/// It is a fork of carpctl, which has one thread, and never returns from `run`.
enum Guardian {
  /// Milliseconds between SIGTERM and SIGKILL.
  static let grace = 2_000
  /// The bytes of a report: how it ended, and a number.
  static let reportLength = 5

  /// Runs the command.
  ///
  /// - Parameters:
  ///   - parent: a pidfd of carpctl.
  ///   - output: where standard output and error of the command go.
  ///   - report: where to write how it ended.
  ///   - timeout: milliseconds.
  static func run(
    _ command: [String], environment: [String], parent: Int32, output: Int32, report: Int32, timeout: Int
  ) -> Never {
    closeAll(but: [parent, output, report])
    // Neither the terminal's signals nor its loss are meant for it: carpctl decides.
    setsid()
    _ = cl_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGTERM, SIGINT, SIGHUP, SIGCHLD] { unsafe sigaddset(&signals, number) }
    unsafe sigprocmask(SIG_SETMASK, &signals, nil)
    let wake = unsafe signalfd(-1, &signals, Int32(SFD_CLOEXEC))

    var failure: [Int32] = [-1, -1]
    guard wake >= 0, unsafe pipe2(&failure, O_CLOEXEC) == 0 else { finish(report, .notStarted(errno)) }
    let own = getpid()
    let pid: Int32
    let pidfd: FileDescriptor
    do throws(Errno) {
      (pid, pidfd) = try startProcess {
        become(command, environment: environment, output: output, failure: failure[1], guardian: own)
      }
    } catch {
      finish(report, .notStarted(error.number))
    }
    close(failure[1])
    close(output)
    // The pipe ends without a byte when the program is executed.
    var number: Int32 = 0
    if unsafe read(failure[0], &number, 4) == 4 { finish(report, .notStarted(number)) }

    var end = wait(for: pidfd.raw, pid, parent: parent, wake: wake, milliseconds: timeout)
    if end == .timedOut || end == .stopped {
      kill(-pid, SIGTERM)
      _ = wait(for: pidfd.raw, pid, parent: -1, wake: -1, milliseconds: grace)
    }
    kill(-pid, SIGKILL)
    endDescendants()
    if case .notStarted = end { end = .stopped }
    finish(report, end)
  }

  private static func finish(_ report: Int32, _ end: CommandEnd) -> Never {
    let (kind, number): (UInt8, Int32) =
      switch end {
      case .exited(let status): (0, Int32(status))
      case .signalled(let signal): (1, Int32(signal))
      case .timedOut: (2, 0)
      case .notStarted(let error): (3, error)
      case .stopped: (4, 0)
      }
    let bytes = [kind] + rawBytes(number)
    _ = unsafe write(report, bytes, bytes.count)
    _exit(0)
  }

  /// How the command ended, from what its guardian wrote; a guardian that was killed wrote nothing.
  static func end(report: [UInt8]) -> CommandEnd {
    guard report.count == reportLength else { return .stopped }
    let number = report.dropFirst().reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) }
    return switch report[0] {
    case 0: .exited(UInt8(truncatingIfNeeded: number))
    case 1: .signalled(UInt8(truncatingIfNeeded: number))
    case 2: .timedOut
    case 3: .notStarted(number)
    default: .stopped
    }
  }

  private static func closeAll(but kept: [Int32]) {
    var next: UInt32 = 3
    for descriptor in kept.map({ UInt32(bitPattern: $0) }).sorted() {
      if descriptor > next { close_range(next, descriptor - 1, 0) }
      next = descriptor + 1
    }
    close_range(next, UInt32.max, 0)
  }

  /// In the command's process.
  private static func become(
    _ command: [String], environment: [String], output: Int32, failure: Int32, guardian: pid_t
  ) -> Never {
    setpgid(0, 0)
    // Should the guardian be killed, the command at least goes with it.
    _ = cl_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0)
    if getppid() != guardian { _exit(1) }
    let null = unsafe open("/dev/null", O_RDONLY)
    dup2(null, STDIN_FILENO)
    dup2(output, STDOUT_FILENO)
    dup2(output, STDERR_FILENO)
    close_range(3, UInt32.max, Int32(CLOSE_RANGE_CLOEXEC))
    Operations.execute(command, environment: environment, failure: failure)
  }

  /// Waits for the command's end; `timedOut` after so many milliseconds, `stopped` if carpctl is gone or says so.
  private static func wait(
    for pidfd: Int32, _ pid: pid_t, parent: Int32, wake: Int32, milliseconds: Int
  ) -> CommandEnd {
    let deadline = EventLoop.now() + UInt64(milliseconds) * 1_000_000
    while true {
      let now = EventLoop.now()
      guard now < deadline else { return .timedOut }
      var polled = [pidfd, parent, wake].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let rest = min((deadline - now) / 1_000_000 + 1, UInt64(Int32.max))
      if unsafe poll(&polled, nfds_t(polled.count), Int32(rest)) < 0 && errno != EINTR { return .stopped }
      if polled[0].revents != 0 { return ended(pid) }
      if polled[1].revents != 0 { return .stopped }
      if polled[2].revents != 0, let number = nextSignal(wake), number != SIGCHLD { return .stopped }
    }
  }

  private static func ended(_ pid: pid_t) -> CommandEnd {
    var status: Int32 = 0
    guard unsafe waitpid(pid, &status, 0) == pid else { return .stopped }
    // As WIFEXITED and the like, which are macros, take it apart.
    let signal = status & 0x7f
    return signal == 0 ? .exited(UInt8(status >> 8 & 0xff)) : .signalled(UInt8(signal))
  }

  /// Ends what the command started and left, also outside its process group: orphans become children of this process.
  private static func endDescendants() {
    // Who forks faster than it is killed is left to the service manager.
    let deadline = EventLoop.now() + 3_000_000_000
    while EventLoop.now() < deadline {
      while waitpid(-1, nil, WNOHANG) > 0 {}
      if errno == ECHILD { return }
      let children = children()
      for child in children { kill(child, SIGKILL) }
      if children.isEmpty { return }
      _ = poll(nil, 0, 1)
    }
  }

  private static func children() -> [pid_t] {
    let file = unsafe open("/proc/self/task/\(getpid())/children", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(file, &buffer, buffer.count)
    // Each number has a space behind it; one without may be cut short, and would be somebody else's.
    let complete = buffer.prefix(max(0, count)).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    return complete.dropLast().compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
  }
}

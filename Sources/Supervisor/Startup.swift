import Channel
import Confinement

/// A reason not to start, and the exit code for it, or not to take a configuration.
struct Refusal: Error {
  let text: String
  var code = ExitCode.system
}

/// The users of all roles.
struct Identities {
  let own: Identity
  let launcher: Identity
  let roles: [Role: Identity]
  /// Those of launcher, engine, auditor and config by name; empty where all are who runs this.
  let names: [String]

  /// Finds them, or says which are missing and how to make them.
  init(_ options: Options) throws(Refusal) {
    // Root by hand; under systemd the unit's user with these capabilities, and never root.
    let mayChange = [CAP_SETUID, CAP_SETGID].allSatisfy(ProcessStatus.own.permits) && !options.noUsers
    if !mayChange && !options.noUsers && !options.check {
      throw Refusal(
        text: "must be started as root (it gives that up at once), with the capabilities that carpd.service gives, or "
          + "with --no-users on a test rig")
    }
    let users = options.users.compactMap { mayChange ? Identity(user: $0) : Identity.current }
    guard users.count == 5 else {
      let missing = options.users.filter { Identity(user: $0) == nil }.joined(separator: ", ")
      throw Refusal(
        text: "missing users: \(missing); make them with `systemd-sysusers carpd.conf` or "
          + "`useradd --system --user-group NAME`, or name others with --users")
    }
    (own, launcher, roles) = (users[0], users[4], [.engine: users[1], .auditor: users[2], .config: users[3]])
    names = mayChange ? [options.users[4]] + options.users[1...3] : []
  }
}

/// What happens once, before the daemon is one.
enum Startup {
  /// Opens a program: at `path`, or if that is empty beside this one.
  static func open(_ program: String, at path: String = "") throws(Refusal) -> FileDescriptor {
    var path = path
    if path.isEmpty, let own = unsafe realpath("/proc/self/exe", nil) {
      path = unsafe directory(of: String(cString: own)) + program
      unsafe free(own)
    }
    do throws(Errno) { return try openFile(path, O_PATH) } catch {
      throw Refusal(text: "cannot open \(path): \(error); \(program) belongs beside carpd")
    }
  }

  /// The supervisor may read its configuration, its secrets and /proc, write the network settings in /proc (as far as
  /// CAP_NET_ADMIN lets it), and remove its own socket.
  static func restrict(_ options: Options) throws(Errno) {
    try restrictFiles(
      to: [
        (directory(of: options.config), [.readFile, .readDirectory]), ("/proc", [.readFile, .readDirectory]),
        ("/proc/sys/net", [.writeFile, .readFile]), (options.runtimeDirectory, [.removeFile]),
        ("/run/systemd", [.writeFile, .readFile]),
      ], mayReachAbstractSockets: true)
  }

  /// The directory a file is in, with the slash at its end.
  static func directory(of path: String) -> String { path.lastIndex(of: "/").map { String(path[...$0]) } ?? "./" }

  static func environment(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

  /// A datagram socket connected to the one at `path`, if somebody listens there.
  static func connected(to path: String) -> FileDescriptor? {
    guard let socket = try? openSocket(AF_UNIX, Int32(SOCK_DGRAM.rawValue)) else { return nil }
    return (try? connectSocket(socket.raw, to: socketAddress(path: path))) == nil ? nil : socket
  }

  /// Tells the service manager, if there is one (sd_notify).
  static func notify(_ text: String) {
    guard let path = environment("NOTIFY_SOCKET"), let socket = connected(to: path) else { return }
    try? sendDatagram(socket.raw, Array(text.utf8))
  }
}

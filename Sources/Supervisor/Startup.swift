import CLinux
import Channel
import Confinement
import Glibc
import Linux

/// A reason not to start, and the exit code for it.
struct StartFailure: Error {
  let code: Int32
  let text: String
  init(_ code: Int32, _ text: String) {
    self.code = code
    self.text = text
  }
}

/// What happens once, before the daemon is one.
enum Startup {
  /// Finds the users of all roles, or says which are missing and how to make them.
  static func identities(_ options: Options) throws(StartFailure) -> (
    own: Identity, launcher: Identity, roles: [Role: Identity]
  ) {
    // Root by hand; under systemd the unit's user with these capabilities, and never root.
    let mayChange = [CAP_SETUID, CAP_SETGID].allSatisfy(ProcessStatus.own.permits) && !options.noUsers
    if !mayChange {
      if !options.noUsers && !options.check {
        throw StartFailure(
          ExitCode.system,
          "must be started as root (it gives that up at once), with the capabilities that carpd.service gives, or with "
            + "--no-users on a test rig")
      }
      let me = Identity.current
      return (me, me, [.engine: me, .auditor: me, .config: me])
    }
    let found = options.users.map { Identity(user: $0) }
    let missing = zip(options.users, found).filter { $0.1 == nil }.map(\.0)
    guard missing.isEmpty, found.count == 5 else {
      throw StartFailure(
        ExitCode.system,
        "missing users: \(missing.joined(separator: ", ")); make them with `systemd-sysusers carpd.conf` or "
          + "`useradd --system --user-group NAME`, or name others with --users")
    }
    let users = found.compactMap { $0 }
    return (users[0], users[4], [.engine: users[1], .auditor: users[2], .config: users[3]])
  }

  /// Opens the one program the launcher may execute.
  static func openEngine(_ options: Options) throws(StartFailure) -> FileDescriptor {
    var path = options.engine
    if path.isEmpty {
      var buffer = [CChar](repeating: 0, count: 4096)
      let count = unsafe readlink("/proc/self/exe", &buffer, 4095)
      let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      path = (own.lastIndex(of: "/").map { String(own[..<$0]) } ?? ".") + "/carpd-engine"
    }
    do throws(Errno) { return try openFile(path, O_PATH) } catch {
      throw StartFailure(ExitCode.system, "cannot open \(path): \(error); name the program with --engine")
    }
  }

  /// The supervisor may read its configuration, its secrets and /proc, write the network settings in /proc (as far as
  /// CAP_NET_ADMIN lets it), and remove its own socket.
  static func restrict(_ options: Options) throws(Errno) {
    let places: [(String, FileRights)] = [
      (directory(of: options.config), [.readFile, .readDirectory]), ("/proc", [.readFile, .readDirectory]),
      ("/proc/sys/net", [.writeFile, .readFile]), (options.runtimeDirectory, [.removeFile]),
      ("/run/systemd", [.writeFile, .readFile]),
    ]
    try restrictFiles(to: places, mayReachAbstractSockets: true)
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// What `--check` prints when the file is right: what would be done.
  static func describe(_ policy: Policy, landlock: Int, _ log: Log) {
    for group in policy.groups {
      let lease = group.families.map {
        "\($0 == .ipv4 ? "IPv4" : "IPv6") lease \(group.lease($0, every: group.interval)) s"
      }
      let peers =
        group.peers.isEmpty ? "multicast" : "unicast to " + group.peers.map(\.description).joined(separator: ", ")
      log.plain(
        "vhid \(group.vhid) on \(group.interface): advbase \(group.advbase) advskew \(group.advskew), "
          + "\(group.addresses.count) address\(group.addresses.count == 1 ? "" : "es"), \(group.mac == .virtual ? "virtual MAC" : "the interface's MAC"), \(peers), "
          + lease.joined(separator: ", "))
    }
    log.plain(
      "this kernel: Landlock "
        + (landlock == 0 ? "missing (capabilities and seccomp still hold)" : "version \(landlock)"))
    log.plain("the configuration is right")
  }

  /// How often the service manager wants to hear from this process, nanoseconds; nil if it does not.
  static let watchdog = unsafe getenv("WATCHDOG_USEC").flatMap { unsafe UInt64(String(cString: $0)) }.map { $0 * 1000 }

  /// Tells the service manager, if there is one (sd_notify).
  static func notify(_ text: String) {
    guard let path = unsafe getenv("NOTIFY_SOCKET").map({ unsafe String(cString: $0) }), path.utf8.count < 107,
      let socket = try? openSocket(AF_UNIX, Int32(SOCK_DGRAM.rawValue))
    else { return }
    try? sendDatagram(socket.raw, Array(text.utf8), to: socketAddress(path: path))
  }
}

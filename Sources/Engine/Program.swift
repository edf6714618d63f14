import Audit
import CARP
import ChildConfinement
import Confinement
import Control
import Glibc
import Linux

/// The program `carpd-engine`: the role that CARPD_ROLE names, on the descriptors that `carpd` started it with.
/// CARPD_FILTER_DEFAULT says what its system call filter does with unknown calls. Both are environment variables because
/// Swift reads arguments from /proc, which is closed to it from the start.
public enum Program {
  /// The channel to the supervisor.
  private static let channel: Int32 = 3
  /// The configuration file, for the role config.
  private static let file: Int32 = 4
  /// /etc/group, for the config role.
  private static let groups: Int32 = 5
  /// The directory of the audit log, which takes the place of the configuration file in the auditor.
  private static let auditDirectory: Int32 = 4
  /// The journal's socket, if the auditor was given one.
  private static let journal: Int32 = 5

  /// Runs until the role ends.
  ///
  /// - Returns: the exit status: 64 when started by hand, 70 when the supervisor is gone, 71 when confinement fails.
  public static func run() -> Int32 {
    guard let role = variable("CARPD_ROLE"),
      let fallback = FilterDefault(rawValue: variable("CARPD_FILTER_DEFAULT") ?? ""),
      isSocket(channel, SOCK_SEQPACKET)
    else {
      complain(
        "carpd-engine \(carpdVersion) holds the unprivileged parts of carpd and is started by carpd, not by hand; see "
          + "carpd(8)")
      return 64
    }
    do throws(Errno) {
      switch role {
      case "engine":
        warmUp()
        try confine(as: "engine", fallback: fallback)
        return engine()
      case "config":
        // Nothing is received here, and so much is sent that it has to wait for its reader.
        _ = fcntl(channel, F_SETFL, fcntl(channel, F_GETFL) & ~O_NONBLOCK)
        try confine(as: "config", fallback: fallback)
        return ConfigRole.run(file: file, groups: groups, channel: channel)
      case "auditor":
        warmUpAuditor()
        let hasJournal = isSocket(journal, SOCK_DGRAM)
        try confine(as: "auditor", directory: auditDirectory, fallback: fallback)
        return auditor(journal: hasJournal ? journal : nil)
      default:
        complain("carpd-engine: unknown role")
        return 64
      }
    } catch {
      complain("carpd-engine: cannot confine itself: \(error)")
      return 71
    }
  }

  private static func engine() -> Int32 {
    let engine = Engine(channel: FileDescriptor(owning: channel), loop: EventLoop())
    return withExtendedLifetime(engine) { engine.run() }
  }

  private static func auditor(journal: Int32?) -> Int32 {
    let auditor = Auditor(
      channel: FileDescriptor(owning: channel), directory: auditDirectory, journal: journal, loop: EventLoop())
    return withExtendedLifetime(auditor) { auditor.run() }
  }

  /// Lets the libraries do what they do once, while they still may do everything.
  private static func warmUp() {
    let authenticator = Authenticator(key: [], input: DigestInput(vhid: 1, addresses: []))
    _ = authenticator.digest(counter: 0)
    var connection = ServerConnection()
    connection.receive(Array("{\"method\":\"org.varlink.service.GetInfo\"}\0".utf8))
    if let call = connection.nextCall(), case .answered(let answer) = Service.request(of: call) {
      connection.finish(answer)
      _ = Answer.reply(WatchReply(snapshot: ShowReply(virtualHosts: [.init()], interfaces: [.init()], daemon: .init())))
        .message()
    }
  }

  /// The same for the auditor.
  private static func warmUpAuditor() {
    var chain = Chain(boot: "", key: [0], salt: [UInt8.random(in: .min ... .max)])
    _ = chain.begin(AuditRecord(), after: LogEnd())
  }

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  private static func isSocket(_ descriptor: Int32, _ wanted: __socket_type) -> Bool {
    var type: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    let result = unsafe getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size)
    return result == 0 && type == Int32(wanted.rawValue)
  }

  private static func complain(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
  }
}

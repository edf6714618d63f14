import CLinux
import Confinement
import Glibc
import Supervisor

/// Writes a line to standard error.
func complain(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
}

/// The options of carpd, by getopt_long: the privileged program links no parser of anybody else's.
enum CommandLineOptions {
  case run(Options)
  case exit(Int32)

  static let version = "0.1.0"
  private static let usage = """
    usage: carpd [--config FILE] [--check] [--runtime-directory DIR] [--log-format text|json]
                 [--engine PATH] [--users A,B,C,D,E] [--no-users] [--filter-default errno|kill] [--version] [--help]
      --config FILE            configuration (default /etc/carpd/carpd.toml)
      --check                  print what is wrong with it, or what would be done, and exit 1 or 0
      --runtime-directory DIR  where control.sock is made (default /run/carpd)
      --log-format FORMAT      text (default) or json, on standard error
      --engine PATH            the unprivileged program (default: carpd-engine beside carpd)
      --users A,B,C,D,E        users of supervisor, engine, auditor, config and launcher
                               (default carpd,carpd-engine,carpd-audit,carpd-config,carpd-launch)
      --no-users               run every role as the caller's user: for test rigs only
      --filter-default ACTION  what a system call on no list does: errno (default), or kill, for tests
    signals: SIGTERM, SIGINT bow out and exit; SIGUSR2 exits and leaves the addresses for their lease (restart)
    """

  private enum Long: Int32 {
    case config = 1
    case check, runtimeDirectory, logFormat, engine, users, noUsers, fallback, version, help
    static let names: [(String, Int32, Long)] = [
      ("config", required_argument, .config), ("check", no_argument, .check),
      ("runtime-directory", required_argument, .runtimeDirectory), ("log-format", required_argument, .logFormat),
      ("engine", required_argument, .engine), ("users", required_argument, .users), ("no-users", no_argument, .noUsers),
      ("filter-default", required_argument, .fallback), ("version", no_argument, .version),
      ("help", no_argument, .help),
    ]
  }

  static func parse() -> CommandLineOptions {
    var options = Options()
    var table = unsafe Long.names.map { name, argument, value in
      unsafe option(name: UnsafePointer(strdup(name)), has_arg: argument, flag: nil, val: value.rawValue)
    }
    unsafe table.append(option())
    while true {
      let found = unsafe getopt_long(CommandLine.argc, CommandLine.unsafeArgv, "", table, nil)
      if found == -1 { break }
      let argument = unsafe cl_optarg().map { unsafe String(cString: $0) } ?? ""
      switch Long(rawValue: found) {
      case .config: options.config = argument
      case .check: options.check = true
      case .runtimeDirectory: options.runtimeDirectory = argument
      case .logFormat:
        guard let format = LogFormat(rawValue: argument) else {
          return wrong("--log-format is text or json, not \(argument)")
        }
        options.logFormat = format
      case .engine: options.engine = argument
      case .users:
        options.users = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if options.users.count != 5 { return wrong("--users takes five names, with commas between them") }
      case .noUsers: options.noUsers = true
      case .fallback:
        guard let fallback = FilterDefault(rawValue: argument) else {
          return wrong("--filter-default is errno or kill")
        }
        options.fallback = fallback
      case .version:
        print("carpd \(version)")
        return .exit(0)
      case .help:
        print(usage)
        return .exit(0)
      case nil: return wrong("")
      }
    }
    let rest = cl_optind()
    if rest < CommandLine.argc { return wrong("carpd takes options only, not \(CommandLine.arguments[Int(rest)])") }
    return .run(options)
  }

  private static func wrong(_ text: String) -> CommandLineOptions {
    if !text.isEmpty { complain("carpd: \(text)") }
    complain(usage)
    return .exit(ExitCode.usage)
  }
}

import Confinement
import Supervisor

/// The options of carpd: the privileged program links no parser of anybody else's.
enum CommandLineOptions {
  case run(Options)
  case exit(Int32)

  static let version = "0.1.0"

  /// Each option, and how the usage calls its value; without one it is a plain switch.
  private static let table: [(name: String, value: String?)] = [
    ("--config", "FILE"), ("--check", nil), ("--runtime-directory", "DIR"), ("--log-format", "text|json"),
    ("--engine", "PATH"), ("--users", "A,B,C,D,E"), ("--no-users", nil), ("--filter-default", "errno|kill"),
    ("--version", nil), ("--help", nil),
  ]
  private static var usage: String {
    "usage: carpd" + table.map { " [\($0.name)\($0.value.map { " " + $0 } ?? "")]" }.joined() + "; see carpd(8)"
  }

  /// Reads `--name`, `--name VALUE` and `--name=VALUE`.
  static func parse(_ words: ArraySlice<String>) -> CommandLineOptions {
    var options = Options()
    var words = words
    while let word = words.popFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let (name, kind) = table.first(where: { $0.name == parts[0] }) else {
        return wrong("there is no option \(word)")
      }
      if name == "--version" || name == "--help" {
        print(name == "--help" ? usage : "carpd \(version)")
        return .exit(0)
      }
      let value = parts.count == 2 ? parts[1] : kind == nil ? nil : words.popFirst()
      guard (value == nil) == (kind == nil), set(name, value ?? "", in: &options) else {
        return wrong("\(name) takes \(kind ?? "no value")\(value.map { ", not \"\($0)\"" } ?? "")")
      }
    }
    return .run(options)
  }

  /// False if the value is none of this option's.
  private static func set(_ name: String, _ value: String, in options: inout Options) -> Bool {
    switch name {
    case "--config": options.config = value
    case "--check": options.check = true
    case "--runtime-directory": options.runtimeDirectory = value
    case "--log-format":
      guard let format = LogFormat(rawValue: value) else { return false }
      options.logFormat = format
    case "--engine": options.engine = value
    case "--users": options.users = value.split(separator: ",").map(String.init)
    case "--no-users": options.noUsers = true
    case "--filter-default":
      guard let fallback = FilterDefault(rawValue: value) else { return false }
      options.fallback = fallback
    default: return false
    }
    return options.users.count == 5
  }

  private static func wrong(_ text: String) -> CommandLineOptions {
    let log = Log(format: .text)
    log.plain("carpd: \(text)")
    log.plain(usage)
    return .exit(ExitCode.usage)
  }
}

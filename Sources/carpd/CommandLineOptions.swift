import Confinement
import Supervisor

/// The options of carpd: the privileged program links no parser of anybody else's.
enum CommandLineOptions {
  static let version = "0.1.0"

  /// Each option, how the usage calls its value (without one it is a plain switch), and what it sets: nil if the value is
  /// none of its own.
  private static let table: [(name: String, value: String?, set: @Sendable (inout Options, String) -> Void?)] = [
    ("--config", "FILE", { $0.config = $1 }),
    ("--check", nil, { new, _ in new.check = true }),
    ("--runtime-directory", "DIR", { $0.runtimeDirectory = $1 }),
    ("--log-format", "text|json", { new, word in LogFormat(rawValue: word).map { new.logFormat = $0 } }),
    ("--engine", "PATH", { $0.engine = $1 }),
    ("--users", "A,B,C,D,E", { $0.users = $1.split(separator: ",").map(String.init) }),
    ("--no-users", nil, { new, _ in new.noUsers = true }),
    ("--filter-default", "errno|kill", { new, word in FilterDefault(rawValue: word).map { new.fallback = $0 } }),
    ("--version", nil, { _, _ in say("carpd \(version)") }),
    ("--help", nil, { _, _ in say(usage) }),
  ]
  private static var usage: String {
    "usage: carpd\(table.map { " [\($0.name)\($0.value.map { " " + $0 } ?? "")]" }.joined()); see carpd(8)"
  }

  /// Reads `--name`, `--name VALUE` and `--name=VALUE`. Ends this process where that is what was asked for, or what is
  /// wrong.
  static func parse(_ words: ArraySlice<String>) -> Options {
    var options = Options()
    var words = words
    while let word = words.popFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let option = table.first(where: { $0.name == parts[0] }) else { refuse("there is no option \(word)") }
      let value = parts.count == 2 ? parts[1] : option.value == nil ? nil : words.popFirst()
      let isGood = (value == nil) == (option.value == nil) && option.set(&options, value ?? "") != nil
      if isGood && options.users.count == 5 { continue }
      refuse("\(option.name) takes \(option.value ?? "no value")\(value.map { ", not \"\($0)\"" } ?? "")")
    }
    return options
  }

  private static func say(_ text: String) -> Never {
    print(text)
    exit(0)
  }

  private static func refuse(_ text: String) -> Never {
    for line in ["carpd: \(text)", usage] { Log(format: .text).plain(line) }
    exit(ExitCode.usage)
  }
}

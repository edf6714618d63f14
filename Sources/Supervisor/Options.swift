public import Confinement

/// What carpd was asked to do.
public struct Options: Sendable {
  public var config = "/etc/carpd/carpd.toml"
  public var check = false
  public var runtimeDirectory = "/run/carpd"
  public var logFormat = LogFormat.text
  /// The program of the unprivileged roles; beside carpd itself unless named.
  public var engine = ""
  public var noUsers = false
  /// Users of supervisor, engine, auditor, config and launcher.
  public var users = ["carpd", "carpd-engine", "carpd-audit", "carpd-config", "carpd-launch"]
  public var fallback = FilterDefault.errno
  public init() {}
}

/// carpd's exit codes, from sysexits where one fits.
public enum ExitCode {
  public static let usage: Int32 = 64
  /// Five engines lost within five seconds.
  public static let engineLost: Int32 = 70
  /// Something of the system is missing: users, capabilities, a directory.
  public static let system: Int32 = 71
  public static let config: Int32 = 78
  public static let `internal`: Int32 = 76
}

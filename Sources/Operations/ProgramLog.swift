import Control
import Glibc
import Linux

/// Lines on standard error; with their priority where it leads to the journal.
public struct ProgramLog: Sendable {
  /// As syslog(3) numbers them.
  public enum Level: Int, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
  }

  private let leadsToJournal: Bool

  public init() {
    leadsToJournal = unsafe getenv("JOURNAL_STREAM") != nil
  }

  public func callAsFunction(_ level: Level, _ text: String) {
    let prefix = leadsToJournal ? "<\(level.rawValue)>" : level.rawValue <= 4 ? "\(level): " : ""
    let bytes = Array("\(prefix)\(text)\n".utf8)
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
  }
}

extension LinkLoss {
  /// What to tell the administrator of a program that goes on trying.
  public func text(path: String) -> String {
    switch self {
    case .notConnected(let error) where error.number == EACCES || error.number == EPERM:
      "this user may not connect to carpd at \(path) (\(error)); make it a member of the group that carpd.toml names as "
        + "read-group or admin-group; trying again"
    case .notConnected(let error): "no carpd answers at \(path) (\(error)); trying again"
    case .closed: "carpd at \(path) closed the connection; trying again"
    case .unintelligible: "what answers at \(path) is not carpd of this version; install one version; trying again"
    case .timeout: "carpd at \(path) does not answer; trying again"
    case .refused(let error): "carpd at \(path) refused to tell its events (\(error.name)); trying again"
    }
  }
}

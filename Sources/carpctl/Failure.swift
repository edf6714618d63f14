import ArgumentParser
import Control
import Glibc
import Linux
import Operations

/// Why carpctl did not do what it should: a sentence with the remedy, and the exit status, as a rule of sysexits.h.
struct Failure: Error {
  let message: String
  let status: Int32
  /// Lines to be printed before the message, as they are.
  var details: [String] = []

  /// What an error of socket() or connect() means.
  init(connecting error: Errno, to path: String) {
    switch error.number {
    case EACCES, EPERM:
      message =
        "carpd at \(path) may not be asked by this user (\(error)); become root, or a member of the group that carpd.toml "
        + "names as read-group or admin-group"
      status = 77
    case EAGAIN: self = .timeout(path, seconds: DaemonConnection.patience)
    default:
      message =
        "no carpd answers at \(path) (\(error)); is the service running? `systemctl status carpd`, or name the socket "
        + "with --socket"
      status = 69
    }
  }
  init(message: String, status: Int32, details: [String] = []) {
    self.message = message
    self.status = status
    self.details = details
  }

  static func timeout(_ path: String, seconds: Int) -> Failure {
    Failure(message: "carpd at \(path) did not answer within \(seconds) seconds; see `journalctl -u carpd`", status: 75)
  }
  static func closed(_ path: String) -> Failure {
    Failure(
      message: "carpd at \(path) closed the connection without an answer; it was restarted, so try again, or this user "
        + "is in none of the groups that carpd.toml names: see `journalctl -u carpd`", status: 69)
  }
  static func unintelligible(_ path: String) -> Failure {
    Failure(
      message: "what answers at \(path) is not carpd \(carpdVersion); install carpctl and carpd of one version, and "
        + "restart carpd", status: 76)
  }
  static func badPath(_ path: String) -> Failure {
    Failure(message: "--socket takes a path of 1 to 107 bytes; this one has \(path.utf8.count)", status: 64)
  }
  static func system(_ what: String, _ error: Errno) -> Failure {
    Failure(message: "\(what): \(error)", status: 71)
  }

  /// What the daemon's refusal means.
  static func refused(_ error: VarlinkError) -> Failure {
    switch error {
    case .notAuthorized(let method, let uid):
      return Failure(
        message: "carpd does not let uid \(uid) do this (\(method)); become root, or a member of the group that "
          + "carpd.toml names as admin-group, and log in anew", status: 77)
    case .noSuchVirtualHost(let interface, let vhid):
      return Failure(message: "carpd has no virtual host \(interface)-\(vhid); `carpctl show` lists them", status: 1)
    case .noSuchDemotion(let name):
      return Failure(
        message: "there is no demotion \(name) that could be ended; `carpctl show --table` lists them", status: 1)
    case .invalidConfiguration(let diagnostics):
      return Failure(
        message: "the configuration in force stays; correct the file and reload again", status: 78,
        details: diagnostics.map(\.text))
    case .busy: return Failure(message: "carpd is busy with something of the same kind; try again", status: 75)
    case .notPossible(let reason): return Failure(message: reason, status: 1)
    case .invalidParameter(let parameter):
      return Failure(message: "carpd does not take this \(parameter); see carpctl(8)", status: 64)
    case .methodNotFound, .methodNotImplemented, .interfaceNotFound, .expectedMore, .unknown:
      return Failure(
        message: "carpd refused: \(error.name); install carpctl and carpd of one version, and restart carpd",
        status: 76)
    }
  }

  /// Prints the message to standard error.
  func report() {
    let bytes = Array((details + ["carpctl: \(message)"]).map { "\($0)\n" }.joined().utf8)
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
  }
}

/// Runs a command's body: what it throws is reported and becomes the exit status.
func reporting(_ body: () throws(Failure) -> Void) throws {
  do throws(Failure) { try body() } catch {
    error.report()
    throw ExitCode(error.status)
  }
}

extension DiagnosticReport {
  /// `FILE:LINE:COLUMN: error: message`, the form that editors and compilers share.
  var text: String {
    // The engine, which answers, need not know where the file is.
    "\(file.isEmpty ? "carpd.toml" : file):\(line):\(column): \(severity.rawValue): \(message)"
  }
}

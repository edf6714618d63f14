import Control
import Glibc
import Linux

/// Why carpctl has nothing to print: a sentence with the remedy, and the exit status of sysexits.h.
struct Failure: Error {
  let message: String
  let status: Int32

  /// What an error of socket() or connect() means.
  init(connecting error: Errno, to path: String) {
    switch error.number {
    case EACCES, EPERM:
      message =
        "carpd at \(path) may not be asked by this user (\(error)); become root, or a member of the group that carpd.toml "
        + "names as read-group or admin-group"
      status = 77
    case EAGAIN: self = .timeout(path)
    default:
      message =
        "no carpd answers at \(path) (\(error)); is the service running? `systemctl status carpd`, or name the socket "
        + "with --socket"
      status = 69
    }
  }
  init(message: String, status: Int32) {
    self.message = message
    self.status = status
  }

  static func timeout(_ path: String) -> Failure {
    Failure(
      message: "carpd at \(path) did not answer within \(DaemonConnection.patience) seconds; see `journalctl -u carpd`",
      status: 75)
  }
  static func closed(_ path: String) -> Failure {
    Failure(
      message: "carpd at \(path) closed the connection without an answer; it may have been restarted: try again, or "
        + "see `journalctl -u carpd`", status: 69)
  }
  static func unintelligible(_ path: String) -> Failure {
    Failure(
      message: "what answers at \(path) is not carpd \(carpdVersion); install carpctl and carpd of one version, and "
        + "restart carpd", status: 76)
  }
  static func refused(_ error: VarlinkError) -> Failure {
    Failure(message: "carpd refused: \(error)", status: 70)
  }
  static func badPath(_ path: String) -> Failure {
    Failure(message: "--socket takes a path of 1 to 107 bytes; this one has \(path.utf8.count)", status: 64)
  }

  /// Prints the message to standard error.
  func report() {
    let bytes = Array("carpctl: \(message)\n".utf8)
    _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
  }
}

import Audit
import Glibc

/// The journal's datagram socket, in its native protocol. It keeps the anchors of the audit log where whoever changes
/// the log cannot change them. What it does not take is not sent again: the next anchor will do.
struct AuditorJournal {
  /// Connected; nil where there is no journal.
  let socket: Int32?

  func send(_ anchor: Anchor) {
    guard let socket else { return }
    let fields = [
      "MESSAGE=audit anchor \(anchor)", "PRIORITY=6", "SYSLOG_IDENTIFIER=carpd-audit",
      "CARPD_AUDIT_SEQ=\(anchor.sequence)", "CARPD_AUDIT_HASH=\(anchor.hash)",
    ]
    let bytes = Array((fields.joined(separator: "\n") + "\n").utf8)
    _ = unsafe Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
  }
}

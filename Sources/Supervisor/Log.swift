public import Channel

public enum LogFormat: String, Sendable { case text, json }

/// The daemon's log: an event is a line on standard error, or an entry with fields where that is the journal. A reader
/// that does not read costs lines, never time.
public final class Log {
  private let format: LogFormat
  /// Standard error is the journal, which takes fields too.
  private let isJournal: Bool
  /// What is less important is left out.
  var level = LogLevel.info
  private var lost = 0

  public init(format: LogFormat) {
    self.format = format
    var status = stat()
    unsafe fstat(STDERR_FILENO, &status)
    isJournal = Startup.environment("JOURNAL_STREAM") == "\(status.st_dev):\(status.st_ino)"
  }

  /// The field that tells kinds of lines apart; carpd(8) lists them. The engine's notes are of the kinds of `NoteCode`.
  static func messageID(_ kind: UInt8) -> String {
    "MESSAGE_ID=6d1f2c7ae0b84f5c93aa5c1e8d0742" + (kind < 16 ? "0" : "") + String(kind, radix: 16)
  }

  /// A socket connected to the journal, where there is one: made anew each time, for the journal may have been.
  static func openJournal() -> FileDescriptor? { Startup.connected(to: "/run/systemd/journal/socket") }

  /// Logs one event. `text` may hold parts that came from outside; control characters are made visible. `fields`, of the
  /// form NAME=VALUE, are what the journal finds it by.
  public func callAsFunction(_ level: LogLevel, _ text: String, _ fields: [String] = []) {
    if level.rawValue > self.level.rawValue { return }
    let line = (level.rawValue <= LogLevel.warning.rawValue ? "carp: \(level): " : "carp: ") + text
    if isJournal, let journal = Log.openJournal() {
      let entry = ["MESSAGE=\(line)", "PRIORITY=\(level.rawValue)", "SYSLOG_IDENTIFIER=carpd"] + fields
      let bytes = Array(entry.map { Log.visible($0) + "\n" }.joined().utf8)
      if (try? sendDatagram(journal.raw, bytes)) != nil { return }
    }
    if format == .text { return plain(line) }
    let escaped = Log.visible(text).unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    let time = EventLoop.wallClock() / 1_000_000
    plain("{\"time\":\(time),\"level\":\"\(level)\",\"message\":\"\(escaped)\"}")
  }

  private static func visible(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
  }

  /// One line, as it is, without the daemon's prefix (diagnostics, plans).
  public func plain(_ line: String) {
    var poll = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    // A pipe that is writable has room for a line; a full one must not stop an election.
    lost += 1
    guard unsafe Glibc.poll(&poll, 1, 0) == 1, poll.revents & Int16(POLLOUT) != 0 else { return }
    let gap = lost > 1 ? "carp: warning: \(lost - 1) log lines were lost: nobody read them\n" : ""
    lost = 0
    let line = Log.visible(String(decoding: line.utf8.prefix(2000), as: UTF8.self))
    let bytes = Array((gap + line + "\n").utf8)
    _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}

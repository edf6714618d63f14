import CLinux
public import Channel
import Glibc
import Linux

public enum LogFormat: String, Sendable {
  case text, json
}

/// The daemon's log: one line an event on standard error. A reader that does not read costs lines, never time.
public final class Log {
  private let format: LogFormat
  private var lost = 0

  public init(format: LogFormat) { self.format = format }

  /// Logs one event. `text` may hold parts that came from outside; control characters are made visible.
  public func callAsFunction(_ level: LogLevel, _ text: String) {
    let clean = Log.visible(text)
    switch format {
    case .text: write(level.rawValue <= LogLevel.warning.rawValue ? "carp: \(level.name): \(clean)" : "carp: \(clean)")
    case .json:
      let time = EventLoop.wallClock()
      let escaped = clean.unicodeScalars.reduce(into: "") { $0 += $1 == "\"" || $1 == "\\" ? "\\\($1)" : String($1) }
      write("{\"time\":\(time / 1_000_000),\"level\":\"\(level.name)\",\"message\":\"\(escaped)\"}")
    }
  }

  /// One line, as it is, without the daemon's prefix (diagnostics, plans).
  public func plain(_ text: String) { write(Log.visible(text)) }

  private static func visible(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") {
      $0.unicodeScalars.append($1.value < 0x20 || $1.value == 0x7f || (0x80..<0xa0).contains($1.value) ? "?" : $1)
    }
  }

  private func write(_ line: String) {
    var poll = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    // A pipe that is writable has room for a line; a full one must not stop an election.
    guard unsafe Glibc.poll(&poll, 1, 0) == 1, poll.revents & Int16(POLLOUT) != 0 else {
      lost += 1
      return
    }
    var bytes = Array(line.utf8.prefix(2000)) + [10]
    if lost > 0 {
      bytes = Array("carp: warning: \(lost) log lines were lost: nobody read them\n".utf8) + bytes
      lost = 0
    }
    _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}

import CLinux
import Glibc
public import Linux

/// A command that runs: its output line by line, its end, and nothing left of it afterwards.
public final class Command {
  private let loop: EventLoop
  private let guardian: pid_t
  private let output: FileDescriptor
  private let report: FileDescriptor
  private var reported: [UInt8] = []
  private var splitter = LineSplitter()
  private let onLine: (String) -> Void
  private let onEnd: (CommandEnd) -> Void

  /// Starts a command.
  ///
  /// - Parameters:
  ///   - command: the program, looked for in PATH if it has no slash, and its arguments.
  ///   - timeout: milliseconds, after which it is ended.
  ///   - onLine: is called with each line of its output.
  ///   - onEnd: is called once, when nothing of it is left.
  /// - Throws: the kernel's error if there can be no further process or pipe.
  public init(
    _ command: [String], environment: [String], timeout: Int, loop: EventLoop,
    onLine: @escaping (String) -> Void, onEnd: @escaping (CommandEnd) -> Void
  ) throws(Errno) {
    self.loop = loop
    self.onLine = onLine
    self.onEnd = onEnd
    let own = FileDescriptor(owning: try check(pidfd_open(getpid(), 0)))
    let outputs = try Pipe()
    let reports = try Pipe()
    (guardian, _) = try startProcess {
      Guardian.run(
        command, environment: environment, parent: own.raw, output: outputs.writer.raw, report: reports.writer.raw,
        timeout: timeout)
    }
    output = outputs.reader
    report = reports.reader
    loop.watch(output.raw) { [unowned self] _ in if !readOutput() { loop.unwatch(output.raw) } }
    loop.watch(report.raw) { [unowned self] _ in readReport() }
  }

  /// Ends it; `onEnd` is still called.
  public func stop() { kill(guardian, SIGTERM) }

  /// Whether there can be more.
  private func readOutput() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(output.raw, &buffer, buffer.count)
    if count < 0 { return Errno.last.isAgain }
    for line in splitter.take(buffer.prefix(count)) { onLine(line) }
    return count > 0
  }

  private func readReport() {
    var buffer = [UInt8](repeating: 0, count: Guardian.reportLength)
    let count = unsafe read(report.raw, &buffer, buffer.count)
    if count > 0 { reported += buffer.prefix(count) }
    if count > 0 || (count < 0 && Errno.last.isAgain) { return }
    // Nobody writes any more, so what is there is all.
    while readOutput() {
      var polled = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
      if unsafe poll(&polled, 1, 0) <= 0 { break }
    }
    if let line = splitter.finish() { onLine(line) }
    if splitter.dropped > 0 { onLine("... and \(splitter.dropped) lines more") }
    loop.unwatch(output.raw)
    loop.unwatch(report.raw)
    waitpid(guardian, nil, 0)
    onEnd(Guardian.end(report: reported))
  }
}

import ArgumentParser
import Control
import Glibc
import Linux
import Operations

/// `carpctl watch`.
struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Follow what happens.",
    discussion: "On a terminal a table of all virtual hosts with the latest events, until q or Ctrl-C; else a line for "
      + "each event, after one for each virtual host. It goes on when carpd is restarted.")

  @ParentCommand var parent: Carpctl

  @Flag(help: "Print each message of the stream as one line of JSON: a snapshot, an event, or how many were missed.")
  var json = false
  @Flag(help: "Print lines also on a terminal.")
  var lines = false

  func run() throws {
    try reporting { () throws(Failure) in
      // The first connection tells what is wrong, if it is; later ones are tried until they succeed.
      _ = try parent.call(ShowRequest())
      do throws(Errno) {
        let loop = EventLoop()
        let usesScreen = !json && !lines && Terminal.output.isTerminal && isatty(STDIN_FILENO) == 1
        if usesScreen {
          try WatchScreen(path: parent.socket, loop: loop).run()
        } else {
          try WatchLines(path: parent.socket, loop: loop, json: json).run()
        }
      } catch {
        throw .system("cannot watch", error)
      }
    }
  }
}

/// The stream as lines.
private final class WatchLines {
  private let loop: EventLoop
  private let link: DaemonLink
  private let path: String
  private let json: Bool
  private var follower = WatchFollower()

  init(path: String, loop: EventLoop, json: Bool) {
    self.loop = loop
    self.path = path
    self.json = json
    link = DaemonLink(path: path, loop: loop)
  }

  func run() throws(Errno) {
    let signals = try Signals([SIGINT, SIGTERM, SIGHUP], loop: loop) { [loop] _ in loop.stop() }
    link.onConnect = { [unowned self] in
      link.call(WatchRequest()) { [unowned self] in
        switch $0 {
        case .success(let reply): take(reply)
        case .failure(let refusal): link.giveUp(refusal)
        }
      }
    }
    link.onLoss = { [path] in ProgramLog()(.warning, $0.text(path: path)) }
    link.connect()
    try loop.run()
    withExtendedLifetime(signals) {}
  }

  private func take(_ reply: WatchReply) {
    if json {
      write((try? hyphenatedJSON(reply, isPretty: false)) ?? "{}")
      return
    }
    if let missed = reply.missed { write("\(missed) events were missed") }
    switch follower.receive(reply) {
    case .occurrences(let occurrences):
      for occurrence in occurrences { write("\(occurrence.event.time) \(occurrence.event.text)") }
    case .needsSnapshot: link.reconnect()
    }
  }

  private func write(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    // Whoever read this is gone.
    if unsafe Glibc.write(STDOUT_FILENO, bytes, bytes.count) < 0 { loop.stop() }
  }
}

/// The table over the whole screen.
private final class WatchScreen {
  /// Milliseconds between two looks at the daemon when nothing happens, and at least when much happens.
  private static let rest: UInt64 = 2_000
  private static let pause: UInt64 = 100

  private let loop: EventLoop
  private let path: String
  private let stream: DaemonLink
  private let link: DaemonLink
  private let screen: FullScreen
  private var reply: ShowReply?
  private var events: [EventReport] = []
  private var loss: String?
  private var refresh: Deadline?

  init(path: String, loop: EventLoop) throws(Errno) {
    self.loop = loop
    self.path = path
    stream = DaemonLink(path: path, loop: loop)
    link = DaemonLink(path: path, loop: loop)
    screen = try FullScreen()
  }

  func run() throws(Errno) {
    let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT]
    let signals = try Signals(numbers, loop: loop) { [unowned self] in signalled($0) }
    loop.watch(STDIN_FILENO) { [unowned self] _ in
      var key: UInt8 = 0
      let count = unsafe read(STDIN_FILENO, &key, 1)
      if count <= 0 || key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { loop.stop() }
    }
    stream.onConnect = { [unowned self] in
      stream.call(WatchRequest()) { [unowned self] in
        switch $0 {
        case .success(let reply): take(reply)
        case .failure(let refusal): stream.giveUp(refusal)
        }
      }
    }
    link.onConnect = { [unowned self] in look() }
    link.onLoss = { [unowned self] in
      loss = $0.text(path: path)
      draw()
    }
    stream.connect()
    link.connect()
    defer { screen.leave() }
    try loop.run()
    withExtendedLifetime(signals) {}
  }

  private func signalled(_ number: Int32) {
    switch number {
    case SIGWINCH: draw()
    case SIGCONT:
      screen.enter()
      draw()
    case SIGTSTP:
      screen.leave()
      kill(getpid(), SIGSTOP)
    default: loop.stop()
    }
  }

  private func take(_ reply: WatchReply) {
    if let event = reply.event { events = (events + [event]).suffix(200) }
    look(in: Self.pause)
  }

  /// Looks at the daemon soon, unless it will anyway.
  private func look(in milliseconds: UInt64) {
    let due = EventLoop.now() + milliseconds * 1_000_000
    if let refresh, refresh.time <= due { return }
    refresh?.cancel()
    refresh = loop.at(due) { [unowned self] in look() }
  }

  private func look() {
    refresh?.cancel()
    refresh = nil
    link.call(ShowRequest()) { [unowned self] in
      if case .success(let reply) = $0 {
        self.reply = reply
        loss = nil
      }
      draw()
      look(in: Self.rest)
    }
  }

  private func draw() {
    guard let size = Terminal.output.size else { return loop.stop() }
    let hasColour = Terminal.output.hasColour
    var lines = ["carpd, \(timestamp(nanoseconds: EventLoop.wallClock()))" + (loss.map { ": \($0)" } ?? ""), ""]
    if let reply {
      let table = StateTable(reply, now: EventLoop.wallClock(), width: size.columns, hasColour: hasColour).text
      lines += table.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
      lines.append("")
    }
    // Colours are in the table only, which keeps to the width itself.
    lines = lines.map { $0.contains("\u{1B}") ? $0 : cut($0, to: size.columns) }
    let room = max(0, size.rows - lines.count - 1)
    lines += events.suffix(room).map { cut("\($0.time) \($0.text)", to: size.columns) }
    lines = Array(lines.prefix(size.rows - 1))
    lines += Array(repeating: "", count: max(0, size.rows - 1 - lines.count)) + ["q: quit"]
    screen.show(lines)
  }
}

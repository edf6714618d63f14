import ArgumentParser
import Control
import Glibc
import Linux
import Operations

/// `carpctl demote`.
struct Demote: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Demote this machine: add to the advskew of all its virtual hosts.",
    discussion: "A backup with a better advskew then takes over, if preempt is on there. It ends by `carpctl undemote "
      + "NAME`, after the time of --for, or with this process if --hold is given.")

  @ParentCommand var parent: Carpctl

  @Argument(help: "A name for it: 1 to 64 letters, digits, '.', '_', '-' or '@'. One of the same name is replaced.")
  var name: String
  @Argument(help: "What is added, 0 to 65535. With a sum of 240 a machine is the last to take over.")
  var value: Int
  @Option(help: ArgumentHelp("Why, for the log and for whoever looks.", valueName: "text"))
  var reason: String?
  @Option(
    name: .customLong("for"), help: ArgumentHelp("End it after so long, as 90s, 10m or 1h30m.", valueName: "duration"))
  var duration: DurationArgument?
  @Flag(help: "End it when this process ends, or COMMAND if there is one.")
  var hold = false
  @Argument(parsing: .postTerminator, help: "With --hold: what to run meanwhile; its exit status becomes carpctl's.")
  var command: [String] = []

  func validate() throws {
    if !command.isEmpty && !hold { throw ValidationError("a command goes with --hold only") }
    if let duration, !(1000...31_536_000_000).contains(duration.inMilliseconds) {
      throw ValidationError("--for takes 1s to 365d")
    }
    if !(0...65535).contains(value) { throw ValidationError("the value is 0 to 65535") }
  }

  func run() throws {
    let request = DemoteRequest(
      name: name, value: value, reason: reason, seconds: duration.map { $0.inMilliseconds / 1000 },
      hold: hold ? true : nil)
    var status: Int32 = 0
    try reporting { () throws(Failure) in
      if hold {
        // Reports what is wrong with the socket, once and for all.
        _ = try DaemonConnection(path: parent.socket)
        status = try HeldDemotion(request, command: command, path: parent.socket).run()
      } else {
        print("demotion \(try parent.call(request).demotion)")
      }
    }
    if status != 0 { throw ExitCode(status) }
  }
}

/// A demotion for as long as this process, or a command in the foreground, runs.
private final class HeldDemotion {
  private let request: DemoteRequest
  private let command: [String]
  private let path: String
  private var child: pid_t = 0
  private var isHeld = false
  private var failure: Failure?
  private var status: Int32 = 0

  init(_ request: DemoteRequest, command: [String], path: String) {
    self.request = request
    self.command = command
    self.path = path
  }

  /// The exit status.
  func run() throws(Failure) -> Int32 {
    do throws(Errno) {
      let loop = EventLoop()
      let link = DaemonLink(path: path, loop: loop)
      let numbers = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD]
      let signals = try Signals(numbers, loop: loop) { [unowned self] in signalled($0, loop) }
      link.onConnect = { [unowned self] in
        link.call(request) { [unowned self] in answered($0, loop) }
      }
      link.onLoss = { [path] in ProgramLog()(.warning, "the demotion is not held: \($0.text(path: path))") }
      link.connect()
      try loop.run()
      withExtendedLifetime(signals) {}
    } catch {
      throw .system("cannot hold the demotion", error)
    }
    if let failure { throw failure }
    return status
  }

  private func answered(_ result: Result<DemotionReply, VarlinkError>, _ loop: EventLoop) {
    switch result {
    case .success(let reply):
      if isHeld { return ProgramLog()(.notice, "the demotion is held again") }
      isHeld = true
      guard !command.isEmpty else { return print("demotion \(reply.demotion), until this process ends") }
      do throws(Errno) { child = try startInForeground(command) } catch {
        failure = Failure(message: "cannot execute \(command[0]): \(error)", status: error.number == ENOENT ? 127 : 126)
        loop.stop()
      }
    case .failure(let refusal):
      failure = .refused(refusal)
      if child > 0 { return ProgramLog()(.error, "the demotion is not held: \(refusal)") }
      loop.stop()
    }
  }

  private func signalled(_ number: Int32, _ loop: EventLoop) {
    guard child > 0 else { return number == SIGCHLD ? () : loop.stop() }
    switch number {
    case SIGCHLD:
      var ended: Int32 = 0
      guard unsafe waitpid(child, &ended, WNOHANG) == child else { return }
      // As shells do: 128 and the signal.
      status = ended & 0x7f == 0 ? ended >> 8 & 0xff : 128 + (ended & 0x7f)
      failure = nil
      loop.stop()
    // These come from the terminal to the command too.
    case SIGINT, SIGQUIT: break
    default: kill(child, number)
    }
  }
}

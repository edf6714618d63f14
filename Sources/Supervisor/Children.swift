import Channel
import Confinement

/// Who has a child work for it.
protocol ChildOwner: AnyObject {
  /// It is proven to be confined, and may work.
  func childIsReady(_ child: ChildProcess)
  /// Returns what was against the rules of the channel: then the child is ended.
  func receive(_ packet: Packet) -> String?
  /// Called once, however it ended.
  func childEnded(_ reason: String)
}

/// An unprivileged process of ours, from the order to start it to its end.
final class ChildProcess {
  let role: Role
  let token: UInt32
  let endpoint: Endpoint
  fileprivate let owner: any ChildOwner
  fileprivate(set) var pid: Int32 = 0
  /// How records call it.
  var name: String { "\(role) pid \(pid)" }
  /// True once the proof from /proc has succeeded.
  fileprivate(set) var isProven = false
  fileprivate var saidReady = false
  fileprivate(set) var isEnded = false
  /// How the launcher says that it ended.
  fileprivate var exit: String?

  fileprivate init(_ role: Role, _ token: UInt32, _ endpoint: Endpoint, _ owner: any ChildOwner) {
    (self.role, self.token, self.endpoint, self.owner) = (role, token, endpoint, owner)
  }
}

/// Starts children through the launcher, proves that they are confined before they may work, and learns of their end.
final class Children {
  private let loop: EventLoop
  private let log: Log
  private let audit: AuditTrail
  private let identities: Identities
  private let launcher: Endpoint
  private let launcherPID: Int32
  /// The other end of the children's standard error.
  private let errors: FileDescriptor
  private var children: [UInt32: ChildProcess] = [:]
  private var lastToken: UInt32 = 0
  /// What the launcher can keep of its capabilities: with `--no-users` and without root, none.
  private let launcherKeeps: Capabilities
  var onLauncherReady: (() -> Void)?
  var onLauncherLost: (() -> Void)?

  /// Spawns the launcher, while this process still may.
  init(
    _ loop: EventLoop, _ log: Log, _ options: Options, _ identities: Identities, _ audit: AuditTrail
  ) throws {
    (self.loop, self.log, self.audit, self.identities) = (loop, log, audit, identities)
    launcherKeeps = .launcher.filter(ProcessStatus.own.permits)
    let ((errors, outputs), (channel, far)) = (try openSocketPair(), try openSocketPair())
    self.errors = errors
    let (program, nothing) = (try Startup.open("carpd-launcher"), try openFile("/dev/null", O_RDWR))
    let engine = try Startup.open("carpd-engine", at: options.engine)
    (launcherPID, _) = try startProcess {
      for (index, source) in [nothing, nothing, outputs].enumerated() where dup2(source.raw, Int32(index)) < 0 {
        _exit(71)
      }
      execute(
        program.raw, arguments: ["carpd: launcher", options.fallback.rawValue] + identities.names, environment: [],
        descriptors: [far.raw, engine.raw])
    }
    launcher = Endpoint(channel, loop: loop)
    launcher.listen { [unowned self] in receiveFromLauncher() }
    launcher.onHang = { [unowned self] in loseLauncher() }
    loop.watch(errors.raw) { [unowned self] _ in logErrors() }
  }

  /// Bytes that may wait in a channel, of which the kernel makes twice as many: a short message costs 768, the largest
  /// policy has 17,000 of them.
  static let room: Int32 = 16 << 20

  /// Starts a role; its channel is descriptor 3 there, `extra` become 4 and 5.
  @discardableResult
  func start(_ role: Role, for owner: any ChildOwner, extra: [Int32] = []) throws(Errno) -> ChildProcess {
    let (channel, far) = try openSocketPair()
    for end in [channel, far] { try? setOption(end.raw, SOL_SOCKET, SO_SNDBUFFORCE, Children.room) }
    lastToken += 1
    try launcher.send(.spawn(role: role, token: lastToken), descriptors: [far.raw] + extra)
    let child = ChildProcess(role, lastToken, Endpoint(channel, loop: loop), owner)
    children[lastToken] = child
    // Two hundred virtual hosts at once would hold up advertisements.
    let limit = role == .config ? 8 : 64
    child.endpoint.listen { [unowned self, unowned child] in receive(child, limit: limit) }
    child.endpoint.onHang = { [unowned self, unowned child] in end(child, "does not read its messages") }
    loop.after(milliseconds: 5000) { [weak self, weak child] in
      // The config role should be long done by then.
      guard let self, let child, !child.isProven || role == .config else { return }
      self.end(child, "was not ready within five seconds")
    }
    return child
  }

  /// From now on the launcher and all it starts may touch only libraries, the program and this directory.
  func seal(auditDirectory: String) { launcher.send(.seal(directory: auditDirectory)) }

  /// Ends a child, if it has not ended by itself, for a reason that is logged.
  func end(_ child: ChildProcess, _ reason: String) {
    if child.isEnded { return }
    child.isEnded = true
    children[child.token] = nil
    launcher.send(.kill(token: child.token))
    child.endpoint.close()
    audit(.childEnded, child.name, cause: reason)
    child.owner.childEnded(reason)
  }

  /// Something a child must never do: recorded, and the end of the child.
  private func violation(_ child: ChildProcess, _ what: String) {
    audit(.violation, child.name, .deny, origin: .engine, cause: what)
    log(.error, "the \(child.role) process broke the rules of its channel (\(what)) and is ended")
    end(child, "violation: \(what)")
  }

  /// Ends the launcher, and with it whatever it still runs; `done` is called once, at most 200 ms later.
  func close(_ done: @escaping () -> Void) {
    // Its channel closes as it exits; one that hangs is not waited for.
    onLauncherLost = done
    launcher.finish()
    loop.after(milliseconds: 200) { [weak self] in self?.loseLauncher() }
  }

  private func receive(_ child: ChildProcess, limit: Int) {
    // So many in a turn, and so long: what one child wants must not keep the loop from anything else.
    let turnEnd = EventLoop.now() + 3_000_000
    for _ in 0..<limit where !child.isEnded && EventLoop.now() < turnEnd {
      // Nothing a child says is read before the proof that it is confined.
      if child.saidReady && !child.isProven { return }
      switch try? child.endpoint.receive() {
      case nil: return
      case .gone:
        // The exit status follows from the launcher within a moment, and says more.
        child.endpoint.close()
        if let exit = child.exit { return end(child, exit) }
        loop.after(milliseconds: 200) { [weak self] in self?.end(child, "closed its channel") }
        return
      case .malformed: return violation(child, "not a message")
      case .packet(let packet, _) where child.isProven:
        if let breach = child.owner.receive(packet) { return violation(child, breach) }
      case .packet(let packet, _) where packet.type == .ready:
        child.saidReady = true
        // The launcher's word about the process may come after the process's own.
        if child.pid != 0 { prove(child) }
      case .packet: return violation(child, "a message before its proof")
      }
    }
  }

  private func prove(_ child: ChildProcess) {
    guard !child.isEnded, !child.isProven, let identity = identities.roles[child.role] else { return }
    let excess = excess(child.pid, over: identity, [])
    if !excess.isEmpty { return end(child, "has more than it may: \(excess)") }
    child.isProven = true
    audit(.spawn, "\(child.name) uid \(identity.uid)")
    child.owner.childIsReady(child)
  }

  /// What a process has but may not have, by the outside view of /proc; empty if it is as it must be.
  private func excess(_ pid: Int32, over identity: Identity, _ kept: Capabilities) -> String {
    guard let status = try? ProcessStatus(pid: pid), let parent = try? ProcessStatus(pid: launcherPID) else {
      return "it cannot be examined in /proc"
    }
    var excess = status.excess(over: identity, kept)
    // The launcher's filter is inherited: a child must have added its own. Kernels before 5.9 do not count them.
    if pid != launcherPID && parent.filters > 0 && status.filters <= parent.filters {
      excess.append("no system call filter of its own")
    }
    return excess.joined(separator: ", ")
  }

  private func receiveFromLauncher() {
    guard let incoming = try? launcher.receive() else { return }
    guard case .packet(let packet, _) = incoming else { return loseLauncher() }
    switch packet.message {
    case .ready:
      let excess = excess(launcherPID, over: identities.launcher, launcherKeeps)
      if excess.isEmpty { return onLauncherReady?() ?? () }
      log(.error, "the launcher has more than it may: \(excess)")
      loseLauncher()
    case .spawned(let token, let pid):
      guard let child = children[token] else { return }
      child.pid = Int32(truncatingIfNeeded: pid)
      if child.saidReady { prove(child) }
    case .exited(let token, let bySignal, let status):
      guard let child = children[token] else { return }
      let exit = bySignal ? "ended by signal \(status)" : "exited with status \(status)"
      child.exit = exit
      // What it said last may still be in the channel, but the channel may also be with somebody it was given to.
      if child.isProven { receive(child, limit: 8) } else { end(child, exit) }
      loop.after(milliseconds: 1000) { [weak self] in self?.end(child, exit) }
    default: loseLauncher()
    }
  }

  private func loseLauncher() {
    launcher.close()
    logErrors()
    onLauncherLost.take()?()
  }

  /// What the runtime of a child prints before it dies, but not more than would drown the rest of the log.
  private func logErrors() {
    for _ in 0..<2 {
      guard let output = try? receiveDatagram(errors.raw, capacity: 4096), output.length > 0 else { break }
      for line in output.bytes.split(separator: 10).prefix(10) {
        log(.warning, "from a child: " + String(decoding: line, as: UTF8.self))
      }
    }
    loop.rest(errors.raw, milliseconds: 100)
  }
}

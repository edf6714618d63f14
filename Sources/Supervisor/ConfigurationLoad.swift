import Channel

/// One run of the config role: the file goes in as a descriptor, a Policy or diagnostics come out.
final class ConfigurationLoad: ChildOwner {
  private unowned let supervisor: Supervisor
  private var policy: Policy
  private var diagnostics = 0
  private var hasErrors = false

  /// `finishReload` is called with the outcome, once.
  init(_ file: FileDescriptor, for supervisor: Supervisor) throws(Errno) {
    self.supervisor = supervisor
    policy = Policy(generation: (supervisor.policy?.generation ?? 0) &+ 1)
    try supervisor.children.start(.config, for: self, extra: [file.raw, supervisor.groups.raw])
  }

  func childIsReady(_ child: ChildProcess) { child.endpoint.send(.ready) }

  func receive(_ packet: Packet) -> String? {
    switch packet.message {
    case .diagnostic(.info, _, _, let text): if supervisor.options.check { supervisor.log.plain(text) }
    case .diagnostic(let level, let line, let column, let text):
      if level == .error { hasErrors = true }
      // More than the config role ever sends is not passed on.
      diagnostics += 1
      if diagnostics > 100 { break }
      supervisor.log.plain("\(supervisor.options.config):\(line):\(column): \(level): \(text)")
      supervisor.tell(packet.message)
    default: return attempt { () throws(Refusal) in try policy.add(packet.message) }?.text
    }
    return nil
  }

  func childEnded(_ reason: String) {
    if hasErrors { return supervisor.finishReload(nil) }
    let refusal = attempt { () throws(Refusal) in
      if !policy.isComplete { throw .init(text: "could not be read: the config process \(reason)") }
      try policy.resolve(supervisor.key)
    }
    if let refusal { supervisor.report(.error, "\(supervisor.options.config): \(refusal.text)") }
    supervisor.finishReload(refusal == nil ? policy : nil)
  }
}

import ArgumentParser

/// `carpctl audit`: what can be done with the audit log. Only `head` needs the daemon.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Check or read the audit log.",
    subcommands: [AuditVerify.self, AuditShow.self, AuditHead.self])

  @ParentCommand var parent: Carpctl
}

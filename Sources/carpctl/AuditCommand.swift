import ArgumentParser

/// `carpctl audit`: what can be done with the audit log, none of which needs the daemon.
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Check or read the audit log.", subcommands: [AuditVerify.self, AuditShow.self])
}

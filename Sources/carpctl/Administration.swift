import ArgumentParser
import Control
import Operations

private let hostHelp = ArgumentHelp("As `carpctl show --table` names it: eth0-1 is vhid 1 on eth0.", valueName: "host")

/// `carpctl undemote`.
struct Undemote: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "End a demotion, whoever made it.",
    discussion: "Demotions of carpd's own (their names have a colon) end with their cause only.")

  @ParentCommand var parent: Carpctl

  @Argument(help: "The name that it was made under.")
  var name: String

  func run() throws {
    try reporting { () throws(Failure) in print("demotion \(try parent.call(UndemoteRequest(name: name)).demotion)") }
  }
}

/// `carpctl maintenance`.
struct Maintenance: ParsableCommand {
  enum Switch: String, CaseIterable, ExpressibleByArgument {
    case on, off
  }

  static let configuration = CommandConfiguration(
    abstract: "Give all roles away, and be the last to take them back.",
    discussion: "Every virtual host yields; this machine becomes MASTER again only if no other one is there. It ends "
      + "with `carpctl maintenance off`, and when carpd is restarted.")

  @ParentCommand var parent: Carpctl

  @Argument(help: "on or off.")
  var state: Switch
  @Option(help: ArgumentHelp("Why, for the log and for whoever looks.", valueName: "text"))
  var reason: String?

  func run() throws {
    try reporting { () throws(Failure) in
      _ = try parent.call(MaintenanceRequest(enable: state == .on, reason: reason))
    }
  }
}

/// `carpctl promote`.
struct Promote: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a virtual host MASTER now.",
    discussion: "The same as FreeBSD's `ifconfig IF vhid N state master`. A better master takes the role back.")

  @ParentCommand var parent: Carpctl

  @Argument(help: hostHelp)
  var host: HostName

  func run() throws {
    try reporting { () throws(Failure) in
      _ = try parent.call(PromoteRequest(interface: host.interface, vhid: host.vhid))
    }
  }
}

/// `carpctl yield`.
struct Yield: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a virtual host BACKUP now.",
    discussion: "The same as FreeBSD's `ifconfig IF vhid N state backup`. If no other machine takes the role, it comes "
      + "back.")

  @ParentCommand var parent: Carpctl

  @Argument(help: hostHelp)
  var host: HostName

  func run() throws {
    try reporting { () throws(Failure) in
      _ = try parent.call(YieldRequest(interface: host.interface, vhid: host.vhid))
    }
  }
}

/// `carpctl reload`.
struct Reload: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Have carpd read its configuration file again.",
    discussion: "Waits until it is in force. If it has errors, the old one stays, they are printed as "
      + "FILE:LINE:COLUMN: error: ..., and the exit status is 78.")

  @ParentCommand var parent: Carpctl

  func run() throws {
    try reporting { () throws(Failure) in
      // Config role and supervisor have their own time limits within this one.
      let reply = try parent.call(ReloadRequest(), patience: 30)
      for diagnostic in reply.diagnostics { print(diagnostic.text) }
      print("configuration \(reply.generation) is in force")
    }
  }
}

/// `carpctl log-level`.
struct SetLogLevel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log-level", abstract: "Set what is logged from now on.")

  @ParentCommand var parent: Carpctl

  @Argument(help: "error, warning, notice or info: this and what is more severe.")
  var level: Control.LogLevel

  func run() throws {
    try reporting { () throws(Failure) in _ = try parent.call(SetLogLevelRequest(level: level)) }
  }
}

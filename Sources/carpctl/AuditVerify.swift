import ArgumentParser
import Audit

/// `carpctl audit verify`.
struct AuditVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that the audit log was not changed.",
    discussion: "Exits with 0 if it is as it was written, with 1 if not, and says where the first thing is wrong. "
      + "Older files (FILE.1 and so on) beside FILE are part of the log.")

  @Argument(help: "The newest file of the log.")
  var file: String

  @Option(help: ArgumentHelp("The key that the log is written with.", valueName: "keyfile"))
  var key: String?

  @Option(
    help: ArgumentHelp("A record that must be in the log, as the journal has it.", valueName: "seq:hash"),
    transform: { text in
      guard let anchor = Anchor(text) else { throw ValidationError("write the number, a colon and the 64 digits") }
      return anchor
    })
  var anchor: [Anchor] = []

  func run() throws {
    do throws(Failure) {
      var secret: [UInt8] = []
      if let key { secret = try AuditFiles.key(key) }
      var verifier = Verifier(key: secret, anchors: anchor)
      for path in AuditFiles.segments(of: file) {
        verifier.begin(file: path)
        try AuditFiles.read(path) { verifier.read($0) }
      }
      try report(verifier.finish())
    } catch {
      error.report()
      throw ExitCode(error.status)
    }
  }

  private func report(_ verdict: Verdict) throws(Failure) {
    for warning in verdict.warnings { print("\(warning.file):\(warning.line): warning: \(warning.text)") }
    if let failure = verdict.failure {
      let place = failure.line > 0 ? "\(failure.file):\(failure.line)" : failure.file
      throw Failure(message: "\(place): \(failure.text)", status: 1)
    }
    print("\(verdict.records) records, \(verdict.segments) segments, head \(verdict.head)")
    print("last anchor: \(verdict.lastAnchor.map { "\($0)" } ?? "none")")
    if verdict.first > 1 { print("the log begins at record \(verdict.first); older files are gone") }
    if verdict.hasUncheckedMACs {
      print("checked without the key: whoever could write the file could have written all of it anew; see --key")
    }
  }
}

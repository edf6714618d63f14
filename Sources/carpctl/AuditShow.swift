import ArgumentParser
import Audit

/// `carpctl audit show`.
struct AuditShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print the audit log for people.",
    discussion: "Prints number, time, decision, origin, act, object, error, cause and duration. It does not check "
      + "whether the log was changed; `carpctl audit verify` does.")

  @Argument(help: "The newest file of the log; older ones (FILE.1 and so on) beside it are read too.")
  var file: String

  @Option(help: "Only this act, as addressAdded.")
  var act: String?
  @Option(help: "Only what this one wanted: supervisor, engine, kernel, administrator or auditor.")
  var origin: String?
  @Option(help: "Only what was decided so: intent, allow, deny or error.")
  var decision: String?
  @Option(help: ArgumentHelp("Only records with this in their object or cause.", valueName: "text"))
  var object: String?
  @Option(help: ArgumentHelp("Only from then on, in UTC: 2026-01-31 or 2026-01-31T12:00:00Z.", valueName: "time"))
  var since: String?
  @Flag(help: "Print the lines of the log as they are.")
  var json = false
  @Option(name: .customShort("n"), help: ArgumentHelp("Only the last so many.", valueName: "number"))
  var last: Int?

  func validate() throws {
    if let since, timePrefix(since) == nil {
      throw ValidationError("--since takes a time in UTC, as 2026-01-31 or 2026-01-31T12:00:00Z")
    }
    if let last, last < 0 { throw ValidationError("-n takes a number from 0 on") }
  }

  func run() throws {
    var filter = RecordFilter()
    (filter.act, filter.origin, filter.decision, filter.object) = (act, origin, decision, object)
    filter.since = since.flatMap(timePrefix)
    var output = ShownRecords(filter: filter, json: json, last: last)
    do throws(Failure) {
      for path in AuditFiles.segments(of: file) {
        try AuditFiles.read(path) { output.read($0) }
        output.endFile()
      }
    } catch {
      error.report()
      throw ExitCode(error.status)
    }
    output.finish()
    if output.unreadable > 0 {
      Failure(
        message: "\(output.unreadable) lines are no records, or were changed; see `carpctl audit verify \(file)`",
        status: 0
      ).report()
    }
  }
}

/// Picks the wanted records out of the bytes of a log and prints them.
private struct ShownRecords {
  let filter: RecordFilter
  let json: Bool
  /// Nil: all.
  let last: Int?
  private(set) var unreadable = 0
  private var partial: [UInt8] = []
  private var kept: [String] = []

  init(filter: RecordFilter, json: Bool, last: Int?) {
    self.filter = filter
    self.json = json
    self.last = last
  }

  mutating func read(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      take(partial + rest[..<end])
      partial = []
      rest = rest[(end + 1)...]
    }
    // What is too long to be a record need not be kept to know that.
    partial += rest.prefix(max(0, RecordLine.capacity + 1 - partial.count))
  }

  mutating func endFile() {
    if !partial.isEmpty { take(partial) }
    partial = []
  }

  private mutating func take(_ bytes: [UInt8]) {
    guard let line = RecordLine(bytes) else {
      unreadable += 1
      return
    }
    guard filter.matches(line.record) else { return }
    let text = json ? String(decoding: bytes, as: UTF8.self) : line.record.tableLine
    guard let last else { return print(text) }
    kept.append(text)
    // Now and then only, since removing from the front moves all that is behind.
    if kept.count > 2 * last + 1000 { kept.removeFirst(kept.count - last) }
  }

  func finish() {
    for text in kept.suffix(last ?? 0) { print(text) }
  }
}

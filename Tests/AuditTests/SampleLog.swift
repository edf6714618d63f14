import Testing

@testable import Audit

/// A log as a list of files, the oldest first, each a list of lines without their newlines.
struct SampleLog {
  static let key = Array("the original key".utf8)
  static let boot = "11111111-2222-3333-4444-555555555555"

  var files: [[[UInt8]]] = []
  /// What a file holds behind its last newline.
  var rest: [UInt8] = []
  private var chain: Chain?
  private let key: [UInt8]

  init(key: [UInt8] = []) { self.key = key }

  /// A run that goes on behind what is there, in the same file.
  mutating func begin(salt: UInt8 = 7) throws {
    var chain = Chain(boot: SampleLog.boot, key: key, salt: [UInt8](repeating: salt, count: 32))
    let end = try #require(LogEnd(tail: bytes(of: files.count - 1), before: LogEnd()))
    append(chain.begin(SampleLog.record("audit.jsonl"), after: end))
    self.chain = chain
  }

  /// The next file of the run.
  mutating func rotate() {
    files.append([])
    if let line = chain?.beginFile(SampleLog.record("audit.jsonl")) { append(line) }
  }

  mutating func add(_ object: String, act: String = "addressAdded") {
    var record = SampleLog.record(object)
    record.act = act
    if let line = chain?.append(record) { append(line) }
  }

  /// Ends the run in the middle of a line.
  mutating func tear(_ bytes: String) { rest = Array(bytes.utf8) }

  var head: Anchor {
    Anchor(sequence: chain?.sequence ?? 0, hash: chain?.head ?? .none)
  }

  func bytes(of file: Int) -> [UInt8] {
    guard files.indices.contains(file) else { return [] }
    return files[file].flatMap { $0 + [10] } + (file == files.count - 1 ? rest : [])
  }

  var contents: [[UInt8]] { files.indices.map(bytes(of:)) }

  private mutating func append(_ bytes: [UInt8]) {
    if files.isEmpty { files = [[]] }
    var lines = (rest + bytes).split(separator: 10, omittingEmptySubsequences: false).map { Array($0) }
    rest = lines.removeLast()
    files[files.count - 1] += lines
  }

  static func record(_ object: String) -> AuditRecord {
    var record = AuditRecord()
    record.origin = "engine"
    record.act = "addressAdded"
    record.object = object
    record.decision = "allow"
    record.duration = 1234
    record.cause = "becoming MASTER"
    record.setTime(monotonic: 1_000_000_007, wall: 1_767_225_600_123_456_789)
    return record
  }
}

/// Has a verifier read whole files.
func verify(_ files: [[UInt8]], key: [UInt8] = [], anchors: [Anchor] = []) -> Verdict {
  var verifier = Verifier(key: key, anchors: anchors)
  for (index, bytes) in files.enumerated() {
    verifier.begin(file: "file\(index)")
    verifier.read(bytes)
  }
  return verifier.finish()
}

import Channel
import Foundation
import Glibc
import Linux
import Testing

@testable import Audit
@testable import Engine

@Suite("Auditor") struct AuditorTests {
  @Test(
    "Restarts continue the chain, a stop ends with an anchor that the journal has too", arguments: [[], SampleLog.key])
  func restarts(key: [UInt8]) throws {
    let directory = try AuditDirectory()
    for run in 1...3 {
      let auditor = try RunningAuditor(directory, key: key)
      #expect(try auditor.status(working: true).sequence > 0)
      try auditor.record("192.0.2.\(run)/24")
      try auditor.record("2001:db8::\(run)/64")
      #expect(auditor.stop() == 0)
      let verdict = verify(directory.log, key: key)
      #expect(verdict.failure == nil)
      #expect(verdict.head.sequence == UInt64(run * 4))
      #expect(verdict.lastAnchor == verdict.head)
      let entry = try #require(auditor.journalEntries().last)
      #expect(entry.contains("\nCARPD_AUDIT_SEQ=\(run * 4)\nCARPD_AUDIT_HASH=\(verdict.head.hash)\n"))
    }
    #expect(directory.records.map(\.run) == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    #expect(directory.names == ["audit.jsonl"])
    let mode = try FileManager.default.attributesOfItem(atPath: directory.path(of: "audit.jsonl"))[.posixPermissions]
    #expect((mode as? Int).map { $0 & 0o027 } == 0)
  }

  @Test("Files are rotated by size, the oldest go, anchors come every 256 records")
  func rotation() throws {
    let directory = try AuditDirectory()
    // A file with a number that is no longer kept would break the log for who verifies it.
    try directory.write([1], to: "audit.jsonl.9")
    let auditor = try RunningAuditor(directory, maxSize: 100_000)
    for index in 0..<1000 { try auditor.record("address \(index)") }
    #expect(auditor.stop() == 0)
    #expect(directory.names == ["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2", "audit.jsonl.3"])
    let verdict = verify(directory.log, key: SampleLog.key)
    #expect(verdict.failure == nil)
    #expect(verdict.first > 1)
    let causes = directory.records.filter { $0.act == AuditRecord.anchorAct }.map(\.cause)
    #expect(causes.contains("rotation"))
    #expect(causes.last == "stop")
    #expect(auditor.journalEntries().count >= 4)
    // A new run goes on in the same file.
    #expect(try RunningAuditor(directory).stop() == 0)
    #expect(verify(directory.log, key: SampleLog.key).failure == nil)
  }

  @Test("After a crash between two renames, or before the new file has a line, the chain goes on")
  func crashWhileRotating() throws {
    let directory = try AuditDirectory()
    #expect(try RunningAuditor(directory).stop() == 0)
    try FileManager.default.moveItem(
      atPath: directory.path(of: "audit.jsonl"), toPath: directory.path(of: "audit.jsonl.1"))
    #expect(try RunningAuditor(directory).stop() == 0)
    #expect(verify(directory.log, key: SampleLog.key).records == 4)
    #expect(verify(directory.log, key: SampleLog.key).failure == nil)
    // One line of the new file was being written.
    let torn = Array(directory.bytes(of: "audit.jsonl").prefix(100))
    try directory.write(torn, to: "audit.jsonl")
    #expect(try RunningAuditor(directory).stop() == 0)
    let verdict = verify(directory.log, key: SampleLog.key)
    #expect(verdict.failure == nil)
    #expect(verdict.warnings.count == 1)
    #expect(verdict.records == 4)
  }

  @Test("A torn line is closed and vouched for")
  func torn() throws {
    let directory = try AuditDirectory()
    #expect(try RunningAuditor(directory).stop() == 0)
    try directory.write(directory.bytes(of: "audit.jsonl") + Array("{\"seq\":3,".utf8), to: "audit.jsonl")
    #expect(try RunningAuditor(directory).stop() == 0)
    let verdict = verify(directory.log, key: SampleLog.key)
    #expect(verdict.failure == nil)
    #expect(verdict.warnings.map(\.line) == [3])
    #expect(verdict.records == 4)
  }

  @Test("A log that cannot be continued is put aside, and the verifier says what is wrong with it")
  func foreignFile() throws {
    let directory = try AuditDirectory()
    try directory.write([UInt8](repeating: 65, count: 100_000), to: "audit.jsonl")
    #expect(try RunningAuditor(directory).stop() == 0)
    #expect(verify([directory.bytes(of: "audit.jsonl")], key: SampleLog.key).failure == nil)
    #expect(verify(directory.log, key: SampleLog.key).failure?.file == "file0")
    #expect(directory.records.first?.cause == "the log before could not be continued")
  }

  @Test("Nobody reads the pipe: the auditor goes on, keeps 4096 records, and tells how many it lost")
  func pipe() throws {
    let directory = try AuditDirectory()
    try #require(mkfifo(directory.path(of: "audit.jsonl"), 0o600) == 0)
    let auditor = try RunningAuditor(directory)
    #expect(try auditor.status(working: false).errno == UInt16(ENXIO))
    for index in 0..<5000 { try auditor.record("address \(index)") }
    let reader = open(directory.path(of: "audit.jsonl"), O_RDONLY | O_NONBLOCK)
    try #require(reader >= 0)
    defer { close(reader) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let patience = Date() + 20
    while !bytes.contains(Array("\"address 4999\"".utf8)) && Date() < patience {
      let count = read(reader, &buffer, buffer.count)
      if count > 0 { bytes += buffer.prefix(count) } else { usleep(20_000) }
      // A full pipe is tried again each second; that is too slow for a test with so much to read.
      if bytes.contains(Array("\"auditLoss\"".utf8)) { break }
    }
    let records = bytes.split(separator: 10).compactMap { RecordLine(Array($0))?.record }
    #expect(records.first?.act == AuditRecord.startAct)
    let loss = try #require(records.first { $0.act == "auditLoss" })
    #expect(loss.sequence == 2)
    #expect(loss.count == 5000 - 4096)
    #expect(loss.decision == "error")
  }

  @Test("Records wait while the file cannot be opened, and are all there afterwards")
  func waits() throws {
    let directory = try AuditDirectory()
    try FileManager.default.createDirectory(
      atPath: directory.path(of: "audit.jsonl"), withIntermediateDirectories: false)
    let auditor = try RunningAuditor(directory)
    #expect(try auditor.status(working: false).errno == UInt16(EISDIR))
    for index in 0..<100 { try auditor.record("address \(index)") }
    try FileManager.default.removeItem(atPath: directory.path(of: "audit.jsonl"))
    #expect(try auditor.status(working: true).errno == 0)
    #expect(auditor.stop() == 0)
    #expect(verify(directory.log, key: SampleLog.key).failure == nil)
    let objects = directory.records.filter { $0.act == "addressAdded" }.map(\.object)
    #expect(objects == (0..<100).map { "address \($0)" })
  }

  @Test("Neither a link nor a device nor a name with a path is written to")
  func refusedFiles() throws {
    let directory = try AuditDirectory()
    let other = try AuditDirectory()
    symlink(other.path(of: "x"), directory.path(of: "audit.jsonl"))
    #expect(try RunningAuditor(directory).status(working: false).errno == UInt16(ELOOP))
    for name in ["../audit.jsonl", "", ".", "a/b"] {
      #expect(try RunningAuditor(directory, fileName: name).status(working: false).errno == UInt16(EINVAL))
    }
    #expect(other.names.isEmpty)
    #expect(directory.names == ["audit.jsonl"])
  }

  @Test("A second auditor of the same log waits until the first is gone, through rotations too, and the chain is whole")
  func locked() throws {
    let directory = try AuditDirectory()
    let first = try RunningAuditor(directory, maxSize: 8192, keep: 100)
    try first.status(working: true)
    let second = try RunningAuditor(directory, maxSize: 8192, keep: 100)
    #expect(try second.status(working: false).errno == UInt16(EBUSY))
    try second.record("second")
    for index in 0..<300 { try first.record("first \(index)") }
    // It tries again each second, and each status says how it fared.
    for _ in 0..<2 { #expect(try second.status(working: false).errno == UInt16(EBUSY)) }
    #expect(first.stop() == 0)
    #expect(try second.status(working: true).errno == 0)
    #expect(second.stop() == 0)
    #expect(directory.names.count > 5)
    let verdict = verify(directory.log, key: SampleLog.key)
    #expect(verdict.failure == nil)
    let objects = directory.records.filter { $0.act == "addressAdded" }.map(\.object)
    #expect(objects == (0..<300).map { "first \($0)" } + ["second"])
  }

  @Test("Between two files of a log nobody gets in")
  func lockedBetweenFiles() throws {
    let directory = try AuditDirectory()
    let file = AuditorFile(directory: directory.descriptor, name: "audit.jsonl", keep: 3)
    let other = AuditorFile(directory: directory.descriptor, name: "audit.jsonl", keep: 3)
    try file.open()
    _ = try file.write([10])
    #expect(throws: Errno(EBUSY)) { try other.open() }
    try file.shift()
    // The name is free, and the file before is not.
    #expect(throws: Errno(EBUSY)) { try other.open() }
    file.finish()
    #expect(throws: Errno(EBUSY)) { try other.open() }
    try file.open()
    #expect(throws: Errno(EBUSY)) { try other.open() }
    // Reading the end opens and closes the file once more.
    _ = try file.end()
    #expect(throws: Errno(EBUSY)) { try other.open() }
    file.close()
    try other.open()
  }

  @Test("A file that is removed meanwhile is made again, and the chain goes on from what was in it")
  func removed() throws {
    let directory = try AuditDirectory()
    let auditor = try RunningAuditor(directory)
    try auditor.status(working: true)
    try auditor.record("before")
    try FileManager.default.removeItem(atPath: directory.path(of: "audit.jsonl"))
    let patience = Date() + 5
    while directory.names.isEmpty && Date() < patience { usleep(50_000) }
    try auditor.record("after")
    #expect(auditor.stop() == 0)
    let verdict = verify(directory.log, key: SampleLog.key)
    #expect(verdict.failure == nil)
    #expect(verdict.first == 3)
    #expect(directory.records.first?.cause == "the file was removed")
    #expect(directory.records.map(\.object).contains("after"))
  }

  @Test("Repeats within a second become one record with their number")
  func folding() throws {
    let directory = try AuditDirectory()
    let auditor = try RunningAuditor(directory)
    for _ in 0..<500 { try auditor.record("a", act: .denial, count: 2) }
    try auditor.record("b", act: .denial)
    try auditor.record("a", act: .denial)
    #expect(auditor.stop() == 0)
    let denials = directory.records.filter { $0.act == "denial" }
    #expect(denials.first?.count == 2)
    #expect(denials.filter { $0.object == "a" }.map(\.count).reduce(0, +) == 1001)
    // The first, the repeats of each second that this took, b, and the last.
    #expect(denials.count < 20)
    #expect(denials.suffix(2).map(\.object) == ["b", "a"])
  }

  @Test("Repeats are written when their second is over")
  func foldingEnds() {
    var folding = AuditorFolding()
    let record = Channel.Record()
    #expect(folding.add(record, now: 0).count == 1)
    #expect(folding.add(record, now: 999_999_999).isEmpty)
    #expect(folding.flush(now: 999_999_999).isEmpty)
    #expect(folding.flush(now: 1_000_000_000).map(\.count) == [1])
    #expect(folding.flush(now: 2_000_000_000).isEmpty)
    #expect(folding.add(record, now: 2_000_000_000).count == 1)
    #expect(folding.flush().isEmpty)
  }

  @Test("New orders hold at once: the log goes on in another file, and each file is whole")
  func newOrders() throws {
    let directory = try AuditDirectory()
    let auditor = try RunningAuditor(directory)
    try auditor.record("192.0.2.1/24")
    var orders = AuditStart()
    (orders.bootID, orders.fileName, orders.key) = (SampleLog.boot, "other.jsonl", [])
    (orders.maxSize, orders.keep) = (1 << 20, 3)
    try auditor.send(.auditStart(orders))
    try auditor.record("192.0.2.2/24")
    #expect(auditor.stop() == 0)
    #expect(directory.names == ["audit.jsonl", "other.jsonl"])
    #expect(directory.records.map(\.object).contains("192.0.2.1/24"))
    let other = try String(contentsOfFile: directory.path(of: "other.jsonl"), encoding: .utf8)
    #expect(other.contains("192.0.2.2/24") && !other.contains("192.0.2.1/24"))
    #expect(verify(directory.log, key: SampleLog.key).failure == nil)
  }

  @Test("Anything but orders and records ends the auditor")
  func protocolErrors() throws {
    for message in [Channel.Message.heartbeat(late: 0), .shutdown] {
      let auditor = try RunningAuditor(try AuditDirectory())
      try auditor.send(message)
      #expect(auditor.wait() == 70)
    }
  }
}

import Crypto
import Testing

@testable import Audit

@Suite("Records and their lines") struct RecordTests {
  @Test("The text of a record is this")
  func golden() throws {
    var log = SampleLog()
    try log.begin()
    log.add("192.0.2.1/24 on eth0")
    let line = String(decoding: log.files[0][1], as: UTF8.self)
    #expect(
      line.hasPrefix(
        "{\"seq\":2,\"run\":1,\"boot\":\"11111111-2222-3333-4444-555555555555\",\"mono\":1000000007,"
          + "\"wall\":\"2026-01-01T00:00:00.123456789Z\",\"origin\":\"engine\",\"act\":\"addressAdded\","
          + "\"object\":\"192.0.2.1/24 on eth0\",\"decision\":\"allow\",\"errno\":0,\"duration\":1234,"
          + "\"cause\":\"becoming MASTER\",\"count\":1,\"prev\":\""))
    #expect(line.hasSuffix("\"}"))
  }

  @Test(
    "What is written is read, whatever the text holds", arguments: ["", "\"\\\n\t\0\u{1f}", "äöü 🦊", "},\"hash\":\""])
  func roundTrip(text: String) throws {
    var record = SampleLog.record(text)
    (record.cause, record.boot) = (text, text)
    (record.errno, record.count) = (.max, .max)
    let (line, hash) = RecordLine.write(record, after: .none, ratchet: nil)
    let read = try #require(RecordLine(line.dropLast()))
    #expect(read.record == record)
    #expect(read.hash == hash)
    #expect(!line.dropLast().contains(10))
  }

  @Test("The longest record fits into a line")
  func longest() throws {
    var record = SampleLog.record(String(repeating: "\u{1}", count: 200))
    record.cause = String(repeating: "\u{1}", count: 120)
    record.boot = String(repeating: "\u{1}", count: 40)
    record.errno = .max
    record.start = AuditRecord.Start(salt: [UInt8](repeating: 1, count: 32), key: [UInt8](repeating: 1, count: 8))
    record.act = AuditRecord.startAct
    let (line, _) = RecordLine.write(record, after: .none, ratchet: KeyRatchet(key: [1], salt: [2]))
    #expect(RecordLine(line.dropLast()) != nil)
  }

  @Test("The MAC is HMAC-SHA-256 under the keys that the man page describes")
  func keys() throws {
    let salt = [UInt8](repeating: 7, count: 32)
    func mac(_ data: [UInt8], _ key: [UInt8]) -> [UInt8] {
      Array(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: key)))
    }
    func hash(_ label: String, _ key: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: Array(label.utf8) + key)) }
    var log = SampleLog(key: SampleLog.key)
    try log.begin(salt: 7)
    log.add("one")
    log.rotate()
    let first = mac(Array("carpd audit run".utf8) + salt, SampleLog.key)
    let second = hash("carpd audit segment", first)
    let expected = [
      hash("carpd audit record", first), hash("carpd audit ratchet", hash("carpd audit record", first)),
      hash("carpd audit record", second),
    ]
    for (line, key) in zip(log.files.joined(), expected) {
      let line = try #require(RecordLine(line))
      #expect(line.mac == mac(Array(line.authenticated), key))
    }
  }

  @Test(
    "Times are RFC 3339",
    arguments: [
      (0, "1970-01-01T00:00:00.000000000Z"), (1_709_164_800_000_000_001, "2024-02-29T00:00:00.000000001Z"),
      (UInt64.max, "2554-07-21T23:34:33.709551615Z"),
    ])
  func time(nanoseconds: UInt64, text: String) { #expect(wallTime(nanoseconds: nanoseconds) == text) }

  @Test(
    "A time to look from may be cut short",
    arguments: [
      ("2026-01-31", "2026-01-31"), ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00"),
      ("2026-01-31T12:00:00.5", "2026-01-31T12:00:00.5"),
      ("2026", nil), ("yesterday", nil), ("2026-01-31T12:00:00+01:00", nil), ("2026-01-31 12:00", nil), ("", nil),
    ])
  func since(text: String, prefix: String?) { #expect(timePrefix(text) == prefix) }

  @Test("A table line shows no control characters")
  func table() {
    let line = SampleLog.record("evil\u{1b}[2J\u{9b}").tableLine
    #expect(line.contains("evil?[2J?"))
    #expect(line.contains("2026-01-01T00:00:00.123Z"))
  }
}

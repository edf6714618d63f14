import Testing

@testable import Audit

@Suite("Verifier") struct VerifierTests {
  static let keys: [[UInt8]] = [[], SampleLog.key]

  /// Two runs in two files, with an anchor and a torn line.
  private func sample(_ key: [UInt8]) throws -> SampleLog {
    var log = SampleLog(key: key)
    try log.begin(salt: 1)
    log.add("192.0.2.1/24")
    log.rotate()
    log.add("anchor", act: AuditRecord.anchorAct)
    log.tear("{\"seq\":5,\"ru")
    try log.begin(salt: 2)
    log.add("2001:db8::1/64")
    return log
  }

  @Test("A log over restarts, files and a crash is accepted with the original key and without", arguments: keys)
  func accepts(key: [UInt8]) throws {
    let log = try sample(key)
    let verdict = verify(log.contents, key: key)
    #expect(verdict.failure == nil)
    #expect(verdict.records == 6)
    #expect(verdict.segments == 2)
    #expect(verdict.head == log.head)
    #expect(verdict.lastAnchor?.sequence == 4)
    #expect(
      verdict.warnings == [
        .init(file: "file1", line: 3, text: "torn after a crash: 13 bytes, which the next start vouches for")
      ])
    #expect(verify(log.contents).hasUncheckedMACs == !key.isEmpty)
  }

  @Test("Every change of a single byte is rejected", arguments: keys)
  func everyByte(key: [UInt8]) throws {
    let files = try sample(key).contents
    for file in files.indices {
      for index in files[file].indices {
        for change: UInt8 in [0x01, 0x80] {
          var changed = files
          changed[file][index] ^= change
          let failure = verify(changed, key: key).failure
          if failure == nil { Issue.record("file \(file), byte \(index), change \(change)") }
        }
        if !key.isEmpty {
          // A MAC that nobody checks is still covered by the record's hash.
          var changed = files
          changed[file][index] ^= 0x02
          #expect(verify(changed).failure != nil)
        }
      }
    }
  }

  @Test("Lines taken out, put in, doubled and swapped are rejected", arguments: keys)
  func lines(key: [UInt8]) throws {
    let log = try sample(key)
    let lines = log.files[1]
    for index in lines.indices.dropLast() {
      var changed = lines
      changed.remove(at: index)
      #expect(verify([log.contents[0], joined(changed)], key: key).failure != nil)
      changed = lines
      changed.swapAt(index, index + 1)
      #expect(verify([log.contents[0], joined(changed)], key: key).failure != nil)
    }
    for index in lines.indices {
      for other in lines + [Array("not a record".utf8), []] {
        var changed = lines
        changed.insert(other, at: index)
        #expect(verify([log.contents[0], joined(changed)], key: key).failure != nil)
      }
    }
  }

  @Test("A file in the middle cannot be taken out, nor files be swapped", arguments: keys)
  func files(key: [UInt8]) throws {
    var log = SampleLog(key: key)
    try log.begin()
    for _ in 0..<3 {
      log.add("x")
      log.rotate()
    }
    let files = log.contents
    #expect(verify(files, key: key).failure == nil)
    #expect(verify([files[0], files[2], files[3]], key: key).failure?.file == "file1")
    #expect(verify([files[1], files[0], files[2], files[3]], key: key).failure != nil)
    #expect(verify([], key: key).failure != nil)
    #expect(verify([[]], key: key).failure != nil)
    // What is older than is kept may be missing, and the verdict says so.
    let verdict = verify(Array(files[2...]), key: key)
    #expect(verdict.failure == nil)
    #expect(verdict.first == 5)
  }

  @Test("A log that was cut off disagrees with an anchor kept elsewhere")
  func anchors() throws {
    let log = try sample([])
    let cut = [log.contents[0], joined(Array(log.files[1].prefix(2)))]
    #expect(verify(cut).failure == nil)
    #expect(verify(cut, anchors: [log.head]).failure?.text.contains("cut off") == true)
    #expect(verify(log.contents, anchors: [log.head]).failure == nil)
    let wrong = Anchor(sequence: log.head.sequence, hash: RecordHash(of: []))
    #expect(verify(log.contents, anchors: [wrong]).failure?.text.contains("rewritten") == true)
    #expect(verify(Array(log.contents.dropFirst()), anchors: [Anchor(sequence: 1, hash: .none)]).failure != nil)
    #expect(Anchor("\(log.head)") == log.head)
    for text in ["", "1", ":", "0:\(RecordHash.none)", "1:abc", "-1:\(RecordHash.none)", "1:2:3"] {
      #expect(Anchor(text) == nil)
    }
  }

  @Test("Another key, none where there should be one, and one where there was none are told apart")
  func wrongKeys() throws {
    let keyed = try sample(SampleLog.key)
    let plain = try sample([])
    #expect(verify(keyed.contents, key: [1]).failure?.text == "was written with another key")
    #expect(verify(plain.contents, key: [1]).failure?.text == "was written without a key")
  }

  @Test("Who has a later key cannot rewrite what was before")
  func forwardSecurity() throws {
    var log = SampleLog(key: SampleLog.key)
    try log.begin(salt: 1)
    for index in 0..<3 { log.add("record \(index)") }
    // The intruder finds the key of record 4, changes record 3, and chains and authenticates with what there is.
    let ratchet = KeyRatchet(key: SampleLog.key, salt: [UInt8](repeating: 1, count: 32))
    for _ in 0..<3 { _ = ratchet.mac(of: []) }
    let last = try #require(RecordLine(log.files[0][1]))
    var forged = try #require(RecordLine(log.files[0][2])).record
    forged.object = "nothing happened"
    let (line, _) = RecordLine.write(forged, after: last.hash, ratchet: ratchet)
    let verdict = verify([joined(Array(log.files[0].prefix(2))) + line], key: SampleLog.key)
    #expect(verdict.failure?.text == "has a wrong MAC")
    #expect(verdict.failure?.line == 3)
  }

  @Test("Torn bytes count only if the start behind them names them")
  func torn() throws {
    var log = SampleLog()
    try log.begin()
    log.tear("{\"seq\":2")
    #expect(verify(log.contents).failure?.text.contains("not complete") == true)
    #expect(verify(log.contents).failure?.line == 2)
    // A newline alone does not make it good.
    #expect(verify([log.contents[0] + [10]]).failure?.line == 2)
    // A crash in the middle of the start record, more than once.
    try log.begin()
    log.files[0].removeLast()
    log.tear("{\"seq\":2,\"run\":2,\"bo")
    try log.begin()
    let verdict = verify(log.contents)
    #expect(verdict.failure == nil)
    #expect(verdict.warnings.count == 1)
    #expect(verdict.records == 2)
  }

  @Test("A last line that only lacks its newline is not lost")
  func missingNewline() throws {
    var log = SampleLog()
    try log.begin()
    log.add("one")
    log.tear(String(decoding: log.files[0].removeLast(), as: UTF8.self))
    try log.begin()
    let verdict = verify(log.contents)
    #expect(verdict.failure == nil)
    #expect(verdict.records == 3)
    #expect(verdict.warnings.isEmpty)
  }

  @Test("Random bytes and random changes do not trap")
  func random() throws {
    var generator = SystemRandomNumberGenerator()
    var log = SampleLog(key: SampleLog.key)
    try log.begin(salt: 1)
    for index in 0..<5 { log.add("record \(index)") }
    let original = joined(log.files[0])
    #expect(verify([original], key: SampleLog.key).failure == nil)
    for round in 0..<2000 {
      let noise = (0..<Int.random(in: 0...10_000, using: &generator) >> (round & 7)).map { _ in
        UInt8.random(in: .min ... .max, using: &generator)
      }
      #expect(verify([noise]).failure != nil)
      _ = LogEnd(tail: noise, before: nil)
      var changed = original
      for _ in 0..<3 {
        let place = Int.random(in: 0..<changed.count, using: &generator)
        switch round % 3 {
        case 0: changed[place] = UInt8.random(in: .min ... .max, using: &generator)
        case 1: changed.remove(at: place)
        default: changed.insert(UInt8(ascii: "\n"), at: place)
        }
      }
      #expect(verify([changed], key: SampleLog.key).failure != nil)
      _ = LogEnd(tail: changed, before: LogEnd())
    }
    #expect(verify([[UInt8](repeating: 65, count: 10_000_000)]).failure?.text == "a line is too long for a record")
  }

  @Test("The pieces in which a file is read do not matter")
  func pieces() throws {
    let log = try sample(SampleLog.key)
    var verifier = Verifier(key: SampleLog.key)
    for (index, bytes) in log.contents.enumerated() {
      verifier.begin(file: "file\(index)")
      for byte in bytes { verifier.read([byte]) }
    }
    let verdict = verifier.finish()
    #expect(verdict.failure == nil)
    #expect(verdict.head == log.head)
  }

  private func joined(_ lines: [[UInt8]]) -> [UInt8] { lines.flatMap { $0 + [10] } }
}

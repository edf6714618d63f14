import Channel
import Foundation
import Glibc
import Linux
import Testing

@testable import Audit
@testable import Engine

/// An auditor in a thread of its own, unconfined, with a directory of its own; this end is the supervisor's.
final class RunningAuditor {
  let directory: AuditDirectory
  private var socket: Int32
  private let journal: Int32
  private let exit = Exit()
  private var lastID: UInt32 = 0

  private final class Exit: @unchecked Sendable {
    let done = DispatchSemaphore(value: 0)
    var status: Int32 = -1
  }

  init(
    _ directory: AuditDirectory, key: [UInt8] = SampleLog.key, maxSize: UInt64 = 1 << 20, keep: UInt16 = 3,
    fileName: String = "audit.jsonl"
  ) throws {
    self.directory = directory
    var channel: [Int32] = [-1, -1]
    var journals: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &channel) == 0)
    try #require(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &journals) == 0)
    (socket, journal) = (channel[0], journals[0])
    // Nothing here may wait for ever.
    try setOption(socket, SOL_SOCKET, SO_RCVTIMEO, timeval(tv_sec: 10, tv_usec: 0))
    try setOption(socket, SOL_SOCKET, SO_SNDTIMEO, timeval(tv_sec: 10, tv_usec: 0))
    _ = fcntl(channel[1], F_SETFL, O_NONBLOCK)
    // As the launcher does; this descriptor is for no signal.
    _ = try signalDescriptor([])
    // The thread may outlive this object.
    let (theirs, place, theirJournal, exit) = (channel[1], dup(directory.descriptor), journals[1], exit)
    Thread.detachNewThread {
      let channel = FileDescriptor(owning: theirs)
      exit.status = Auditor(channel: channel, directory: place, journal: theirJournal, loop: EventLoop()).run()
      close(place)
      close(theirJournal)
      exit.done.signal()
    }
    #expect(try receive().type == .ready)
    var start = AuditStart()
    (start.bootID, start.fileName, start.key) = (SampleLog.boot, fileName, key)
    (start.maxSize, start.keep) = (maxSize, keep)
    try send(.auditStart(start))
  }
  deinit {
    hangUp()
    close(journal)
  }

  func send(_ message: Message) throws {
    lastID += 1
    let bytes = message.bytes(id: lastID)
    try #require(Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
  }

  func record(_ object: String, act: ActKind = .addressAdded, count: UInt32 = 1) throws {
    var record = Record()
    (record.act, record.origin, record.object, record.count) = (act, .engine, object, count)
    (record.monotonic, record.wall) = (EventLoop.now(), EventLoop.wallClock())
    try send(.record(record))
  }

  private func receive() throws -> Packet {
    var buffer = [UInt8](repeating: 0, count: Packet.capacity)
    let count = recv(socket, &buffer, buffer.count, 0)
    return try Packet(bytes: Array(buffer.prefix(max(0, count))))
  }

  /// Reads until the auditor says that it works, or that it does not.
  @discardableResult
  func status(working: Bool) throws -> AuditStatus {
    while true {
      if case .auditStatus(let status) = try receive().message, status.isWorking == working { return status }
    }
  }

  /// Ends the auditor in order, and returns its exit status.
  func stop() -> Int32 {
    hangUp()
    return wait()
  }

  /// Waits until the auditor has ended, and returns its exit status.
  func wait() -> Int32 {
    exit.done.wait(timeout: .now() + 10) == .success ? exit.status : -1
  }

  private func hangUp() {
    if socket >= 0 { close(socket) }
    socket = -1
  }

  /// What the journal got.
  func journalEntries() -> [String] {
    var entries: [String] = []
    var buffer = [UInt8](repeating: 0, count: 1000)
    while true {
      let count = recv(journal, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count <= 0 { return entries }
      entries.append(String(decoding: buffer.prefix(count), as: UTF8.self))
    }
  }
}

/// A temporary directory.
final class AuditDirectory {
  let path: String
  let descriptor: Int32

  init() throws {
    path = NSTemporaryDirectory() + "audit-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }
  deinit {
    close(descriptor)
    try? FileManager.default.removeItem(atPath: path)
  }

  func path(of name: String) -> String { path + "/" + name }
  func bytes(of name: String) -> [UInt8] {
    FileManager.default.contents(atPath: path(of: name)).map { Array($0) } ?? []
  }
  var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path(of: name)))
  }

  /// The files of the log, the oldest first.
  var log: [[UInt8]] {
    let numbers = (1...100).reversed().map { "audit.jsonl.\($0)" }.filter(names.contains)
    return (numbers + ["audit.jsonl"]).map(bytes(of:))
  }
  var records: [AuditRecord] {
    log.flatMap { $0.split(separator: 10) }.compactMap { RecordLine(Array($0))?.record }
  }
}

import Audit
import Channel
import Glibc
import Linux

/// The role that writes the audit log. Nobody waits for it: it tells the supervisor each second how far it has come.
final class Auditor {
  /// The exit status when the supervisor says what it cannot mean.
  private static let protocolError: Int32 = 70
  /// Messages read before timers get their turn.
  private static let batch = 64

  private let channel: Endpoint
  private let loop: EventLoop
  private let directory: Int32
  private let journal: AuditorJournal
  private var log: AuditorLog?
  private var folding = AuditorFolding()
  /// Records received, and how many of them are in the file.
  private var received: UInt64 = 0
  private var confirmed: UInt64 = 0
  private var reported: AuditStatus?
  private var isReportDue = false
  private var exitStatus: Int32?

  /// - Parameters:
  ///   - directory: a descriptor of the directory of the log; it stays the caller's.
  ///   - journal: a connected datagram socket, if there is a journal.
  init(channel: FileDescriptor, directory: Int32, journal: Int32?, loop: EventLoop) {
    self.channel = Endpoint(channel, loop: loop)
    self.loop = loop
    self.directory = directory
    self.journal = AuditorJournal(socket: journal)
  }

  /// Writes until the supervisor closes the channel; then what waits, and an anchor.
  ///
  /// - Returns: the exit status.
  func run() -> Int32 {
    do throws(Errno) {
      channel.onHang = { [weak self] in
        self?.receiveRest()
        self?.end(0)
      }
      channel.listen { [weak self] in self?.readChannel() }
      channel.send(.ready)
      tick()
      if exitStatus == nil { try loop.run() }
    } catch {
      end(Auditor.protocolError)
    }
    return exitStatus ?? Auditor.protocolError
  }

  private func readChannel() {
    receiveMessages()
    log?.write()
    report()
  }

  private func receiveMessages() {
    for _ in 0..<Auditor.batch where exitStatus == nil {
      do throws(Errno) {
        switch try channel.receive() {
        case .packet(let packet, _): if !take(packet) { end(Auditor.protocolError) }
        case .malformed: end(Auditor.protocolError)
        case .gone:
          receiveRest()
          end(0)
        }
      } catch {
        if !error.isAgain { end(Auditor.protocolError) }
        return
      }
    }
  }

  /// What a supervisor that died said last is the most wanted. It lies behind the error that tells of a peer that left
  /// messages unread itself, so the end is reached only when the next call says so once more.
  private func receiveRest() {
    while let incoming = try? channel.receive() {
      guard case .packet(let packet, _) = incoming, take(packet) else { return }
    }
  }

  /// Whether the message was one that may come now.
  private func take(_ packet: Packet) -> Bool {
    switch packet.message {
    case .auditStart(let start):
      // After a reload it may be another file, or another key.
      stopLog()
      let lost = log?.waiting ?? 0
      log = nil
      log = AuditorLog(start, directory: directory, journal: journal, lost: lost)
      // When the message itself has been let go.
      loop.after(milliseconds: 0) { overwriteFreedMemory() }
      return true
    case .record(let record):
      received += 1
      log?.add(folding.add(record, now: EventLoop.now()))
      return log != nil
    default: return false
    }
  }

  /// Writes what is folded still, and an anchor.
  private func stopLog() {
    guard let log else { return }
    log.add(folding.flush())
    log.stop()
  }

  private func tick() {
    if let log {
      log.add(folding.flush(now: EventLoop.now()))
      log.tick()
      tell(log)
    }
    loop.after(milliseconds: 1000) { [weak self] in self?.tick() }
  }

  /// Tells the supervisor at once when the log begins to work, or no longer does; else soon, so that it need not keep for
  /// long what is written.
  private func report() {
    guard let log, exitStatus == nil else { return }
    if let reported, (log.status.isWorking, log.status.errno) == (reported.isWorking, reported.errno) {
      if isReportDue { return }
      isReportDue = true
      loop.after(milliseconds: 20) { [weak self] in
        guard let self, isReportDue, let log = self.log else { return }
        tell(log)
      }
    } else {
      tell(log)
    }
  }

  private func tell(_ log: AuditorLog) {
    isReportDue = false
    if log.waiting == 0 { confirmed = received - folding.pending }
    var status = log.status
    status.taken = confirmed
    reported = status
    channel.offer(.auditStatus(status))
  }

  private func end(_ status: Int32) {
    if exitStatus != nil { return }
    exitStatus = status
    stopLog()
    channel.close()
    loop.stop()
  }
}

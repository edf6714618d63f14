import Channel
import Control
import Linux

/// One connection of the control socket.
final class ControlClient {
  /// Who it is, as the supervisor found out.
  let record: Connection
  let descriptor: FileDescriptor
  var connection = ServerConnection()
  var inputEnded = false
  /// Since when an incomplete request or an unread answer has been waiting, CLOCK_MONOTONIC in nanoseconds.
  var waitingSince: UInt64?
  /// Whether it is in line to have a call answered.
  var isInLine = false
  /// Its last call is answered with a stream.
  var isStreaming = false
  /// How many messages of the stream there was no room for since the last one that was queued.
  var missed = 0
  /// What the loop watches it for.
  var interest = EventLoop.readable

  init(_ descriptor: FileDescriptor, _ record: Connection) {
    self.descriptor = descriptor
    self.record = record
  }

  /// Queues a message of the stream; a client that is behind gets none until it has caught up and was told of the gap.
  func stream(_ message: [UInt8]) {
    guard isStreaming else { return }
    if missed > 0 || !connection.stream(message) { missed += 1 }
  }

  /// Tells of the gap, once everything before it was sent.
  func tellMissed() {
    guard missed > 0, connection.output.isEmpty,
      let message = Answer.reply(WatchReply(missed: missed)).message(continues: true)
    else { return }
    missed = 0
    _ = connection.stream(message)
  }
}

import Control
import Glibc
import Testing

/// A client at the control socket that never blocks.
final class ControlPeer {
  let socket: Int32
  private var connection = ClientConnection()

  init(_ socket: Int32) { self.socket = socket }
  deinit { close(socket) }

  /// Whether there was room for all of it.
  @discardableResult
  func send(_ bytes: some Collection<UInt8>) -> Bool {
    let bytes = Array(bytes)
    return Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) == bytes.count
  }
  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8) + [0]) }

  /// What came, message by message; nil at the end of file.
  func receive() -> [String]? {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      if count == 0 || (count < 0 && errno == ECONNRESET) { return all.isEmpty ? nil : messages(all) }
      if count < 0 { return messages(all) }
      all += buffer.prefix(count)
    }
  }
  private func messages(_ bytes: [UInt8]) -> [String] {
    bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  // MARK: Typed

  func ask(_ request: some ControlRequest) { send(ClientConnection.call(request)) }

  /// The next reply, nil if none has come.
  func reply<R: ControlRequest>(to _: R.Type) throws -> R.Reply? {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      if let reply = try connection.reply(as: R.Reply.self) { return reply }
      let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { return nil }
      try connection.receive(buffer.prefix(count))
    }
  }

  /// Whether the reply taken last is to be followed by others.
  var continues: Bool { connection.continues }
}

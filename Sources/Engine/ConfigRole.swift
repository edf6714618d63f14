import Channel
import Configuration
import Glibc
import Linux

/// The short-lived role that reads the configuration file, so that the parser has no privilege and no future.
enum ConfigRole {
  /// One byte more than a configuration may have, so that a longer one is told as such.
  static let sizeLimit = 1 << 20 + 1

  /// Reads `file` to its end, and sends what it says, or what is wrong with it, to `channel`, which must block. `groups`
  /// is open on /etc/group.
  ///
  /// - Returns: the exit status: 0, or 1 if the configuration cannot be used.
  static func run(file: Int32, groups: Int32? = nil, channel: Int32) -> Int32 {
    do throws(Errno) {
      // Nothing is read before the supervisor has examined this process and says so.
      let hello = Message.ready.bytes(id: 1)
      try check(unsafe send(channel, hello, hello.count, Int32(MSG_NOSIGNAL)))
      var answer = [UInt8](repeating: 0, count: Packet.capacity)
      if try check(unsafe recv(channel, &answer, answer.count, 0)) == 0 { return 1 }
      let bytes = try read(file)
      // The supervisor puts the name before the findings; the file has none here.
      let (configuration, diagnostics) = Configuration.parse(
        bytes, fileName: "", worldReadable: try isWorldReadable(file))
      var numbers = GroupNumbers([])
      var unknown: [ConfiguredDiagnostic] = []
      if let groups, let daemon = configuration?.daemon {
        // Another config process has read this descriptor before.
        _ = lseek(groups, 0, SEEK_SET)
        numbers = GroupNumbers(try read(groups))
        unknown = [
          numbers.warning("admin-group", daemon.adminGroup, in: bytes),
          numbers.warning("read-group", daemon.readGroup, in: bytes),
        ].compactMap(\.self)
      }
      let messages = ConfigurationMessages(
        configuration: configuration, diagnostics: diagnostics + unknown, groups: numbers
      ).messages
      for (index, message) in messages.enumerated() {
        let bytes = message.bytes(id: UInt32(truncatingIfNeeded: index + 1))
        try check(unsafe send(channel, bytes, bytes.count, Int32(MSG_NOSIGNAL)))
      }
      return configuration == nil ? 1 : 0
    } catch {
      return 1
    }
  }

  private static func isWorldReadable(_ file: Int32) throws(Errno) -> Bool {
    var status = stat()
    try unsafe check(fstat(file, &status))
    return status.st_mode & S_IROTH != 0
  }

  private static func read(_ file: Int32) throws(Errno) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < sizeLimit {
      let wanted = min(buffer.count, sizeLimit - bytes.count)
      let count = try check(unsafe Glibc.read(file, &buffer, wanted))
      if count == 0 { break }
      bytes.append(contentsOf: buffer.prefix(count))
    }
    return bytes
  }
}

/// An error number of the kernel, as `errno` named it right after the call.
public struct Errno: Error, Equatable, Sendable, CustomStringConvertible {
  public let number: Int32
  /// What failed, or the kernel's own words where it had any (netlink's NETLINK_EXT_ACK).
  public let text: String
  public init(_ number: Int32, _ text: String = "") { (self.number, self.text) = (number, text) }
  /// The error of the call that has just failed.
  public static var last: Errno { Errno(errno) }
  public var description: String { unsafe (text.isEmpty ? "" : "\(text): ") + String(cString: strerror(number)) }
  public var isAgain: Bool { number == EAGAIN || number == EWOULDBLOCK }
}

/// Makes a system call, anew where a signal interrupted it before it did anything, and passes its result on.
/// - Throws: what `errno` says, if it is negative, with `text` for what failed.
@discardableResult
public func check<T: FixedWidthInteger>(_ call: @autoclosure () -> T, _ text: String = "") throws(Errno) -> T {
  var result = call()
  while result < 0 && errno == EINTR { result = call() }
  if result < 0 { throw Errno(errno, text) }
  return result
}

/// An open file descriptor: closed when its last holder lets go.
public final class FileDescriptor: Sendable {
  /// The number, valid while this object lives.
  public let raw: Int32
  /// Takes over `raw`; the caller no longer closes it.
  public init(owning raw: Int32) { self.raw = raw }
  /// Takes over what a system call returns.
  /// - Throws: what `errno` says, if that is negative.
  public init(checking call: @autoclosure () -> Int32) throws(Errno) { raw = try check(call()) }
  deinit { close(raw) }
}

/// Opens a file, closed on exec.
public func openFile(_ path: String, _ flags: Int32) throws(Errno) -> FileDescriptor {
  try unsafe FileDescriptor(checking: open(path, flags | O_CLOEXEC))
}

/// The first line of a small file.
public func readText(_ path: String) throws(Errno) -> String {
  String(decoding: try readFile(path, limit: 256).prefix { $0 != 10 }, as: UTF8.self)
}

/// The first `limit` bytes of a file.
public func readFile(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
  try readAll(openFile(path, O_RDONLY), limit: limit)
}

/// The first `limit` bytes of an open file.
public func readAll(_ file: FileDescriptor, limit: Int) throws(Errno) -> [UInt8] {
  var found: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: min(limit, 4096))
  while found.count < limit {
    let count = try check(unsafe read(file.raw, &buffer, min(buffer.count, limit - found.count)))
    if count == 0 { break }
    found += buffer.prefix(count)
  }
  return found
}

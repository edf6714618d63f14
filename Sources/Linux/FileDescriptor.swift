import CLinux
import Glibc

/// An error number of the kernel, as `errno` named it right after the call.
public struct Errno: Error, Equatable, Sendable, CustomStringConvertible {
  public let number: Int32
  public init(_ number: Int32) { self.number = number }
  /// The error of the call that has just failed.
  public static var last: Errno { Errno(errno) }
  public var description: String { unsafe String(cString: strerror(number)) }
  public var isAgain: Bool { number == EAGAIN || number == EWOULDBLOCK }
}

/// Passes on the result of a system call, or throws what `errno` says if it is negative.
@discardableResult
public func check<T: FixedWidthInteger>(_ result: T) throws(Errno) -> T {
  if result < 0 { throw .last }
  return result
}

/// The same for a call that a signal may interrupt before it did anything.
@discardableResult
public func retrying<T: FixedWidthInteger>(_ call: () -> T) throws(Errno) -> T {
  while true {
    let result = call()
    if result >= 0 { return result }
    if errno != EINTR { throw .last }
  }
}

/// An open file descriptor: closed when its last holder lets go.
public final class FileDescriptor: Sendable {
  /// The number, valid while this object lives.
  public let raw: Int32
  /// Takes over `raw`; the caller no longer closes it.
  public init(owning raw: Int32) { self.raw = raw }
  /// Takes over what a system call returned.
  /// - Throws: what `errno` says, if it was negative.
  public init(checking result: Int32) throws(Errno) { raw = try check(result) }
  deinit { close(raw) }
}

/// Opens a file, closed on exec.
public func openFile(_ path: String, _ flags: Int32) throws(Errno) -> FileDescriptor {
  try unsafe FileDescriptor(checking: open(path, flags | O_CLOEXEC))
}

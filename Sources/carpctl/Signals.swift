import Glibc
import Linux

/// The signals a program in an event loop waits for.
final class Signals {
  private let descriptor: FileDescriptor

  /// Calls `body` with each of `numbers` that comes.
  init(_ numbers: [Int32], loop: EventLoop, _ body: @escaping (Int32) -> Void) throws(Errno) {
    descriptor = try signalDescriptor(numbers)
    let raw = descriptor.raw
    loop.watch(raw) { _ in while let number = nextSignal(raw) { body(number) } }
  }
}

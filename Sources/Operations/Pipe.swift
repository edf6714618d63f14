import CLinux
import Glibc
import Linux

/// A pipe whose reader never waits. The writer does, as programs expect of their output.
struct Pipe: ~Copyable {
  let reader: FileDescriptor
  let writer: FileDescriptor

  init() throws(Errno) {
    var ends: [Int32] = [-1, -1]
    try unsafe check(pipe2(&ends, O_CLOEXEC))
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    reader = FileDescriptor(owning: ends[0])
    writer = FileDescriptor(owning: ends[1])
  }
}

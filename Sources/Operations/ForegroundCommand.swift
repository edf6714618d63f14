import CLinux
import Glibc
public import Linux

/// Starts a command with this process's terminal, environment, input and output.
///
/// - Returns: its process id.
/// - Throws: the kernel's error if it cannot be executed.
public func startInForeground(_ command: [String]) throws(Errno) -> Int32 {
  var failure: [Int32] = [-1, -1]
  try unsafe check(pipe2(&failure, O_CLOEXEC))
  let reader = FileDescriptor(owning: failure[0])
  let pid: Int32
  do {
    defer { close(failure[1]) }
    pid = try startProcess { execute(command, environment: nil, failure: failure[1]) }.pid
  }
  // The pipe ends without a byte when the program is executed.
  var number: Int32 = 0
  guard unsafe read(reader.raw, &number, 4) == 4 else { return pid }
  waitpid(pid, nil, 0)
  throw Errno(number)
}

/// In a new process: becomes the command with no signal blocked, caught or ignored, or writes the error's number to the
/// pipe `failure`.
///
/// - Parameter environment: nil for that of this process.
func execute(_ command: [String], environment: [String]?, failure: Int32) -> Never {
  for number in [SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD] { signal(number, SIG_DFL) }
  var none = sigset_t()
  unsafe sigemptyset(&none)
  unsafe sigprocmask(SIG_SETMASK, &none, nil)
  let strings = { (list: [String]) in unsafe list.map { unsafe strdup($0) } + [nil] }
  let arguments = unsafe strings(command)
  guard let program = unsafe arguments[0] else { _exit(127) }
  if let environment {
    unsafe execvpe(program, arguments, strings(environment))
  } else {
    unsafe execvp(program, arguments)
  }
  let number = rawBytes(errno)
  _ = unsafe write(failure, number, number.count)
  _exit(127)
}

/// Starts a program in a new process and returns its id and pidfd. `body` runs in the child: it gives up what the program
/// must not have, and ends by `execute`.
/// - Throws: the kernel's error if there can be no new process.
public func startProcess(_ body: () -> Never) throws(Errno) -> (pid: Int32, pidfd: FileDescriptor) {
  var pidfd: Int32 = -1
  let pid = try check(unsafe cl_fork_pidfd(&pidfd))
  if pid == 0 { body() }
  return (pid, FileDescriptor(owning: pidfd))
}

/// Becomes the program that the descriptor `program` is open on. Of this process's descriptors it has standard input,
/// output and error, and from 3 on exactly `descriptors`; the environment is `environment` and one setting more. Status
/// 71: a descriptor could not be moved, 72: no such program.
public func execute(_ program: Int32, arguments: [String], environment: [String], descriptors: [Int32]) -> Never {
  // Copies above the range in use, so that no dup overwrites a descriptor still to be copied. The program comes last.
  let copies = (descriptors + [program]).map { fcntl($0, F_DUPFD_CLOEXEC, 64) }
  let place = 3 + Int32(descriptors.count)
  for (index, copy) in copies.enumerated() {
    let target = 3 + Int32(index)
    if dup3(copy, target, target == place ? O_CLOEXEC : 0) < 0 { _exit(71) }
  }
  _ = close_range(UInt32(place) + 1, UInt32.max, 0)
  let strings = { (list: [String]) in unsafe list.map { unsafe strdup($0) } + [nil] }
  // A Swift trap would otherwise start a debugger from inside the crashing process.
  let (argv, envp) = unsafe (strings(arguments), strings(environment + ["SWIFT_BACKTRACE=enable=no"]))
  _ = unsafe cl_execveat(place, "", argv, envp, Int32(AT_EMPTY_PATH))
  _exit(72)
}

/// Blocks `signals` and returns a descriptor that tells of them; SIGPIPE is ignored.
public func signalDescriptor(_ signals: [Int32]) throws(Errno) -> FileDescriptor {
  signal(SIGPIPE, SIG_IGN)
  var set = sigset_t()
  unsafe sigemptyset(&set)
  for number in signals { unsafe sigaddset(&set, number) }
  try unsafe check(sigprocmask(SIG_BLOCK, &set, nil))
  return try unsafe FileDescriptor(checking: signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC)))
}

/// The next signal of a signal descriptor, nil if there is none.
public func nextSignal(_ descriptor: Int32) -> Int32? {
  var information = signalfd_siginfo()
  let size = MemoryLayout<signalfd_siginfo>.size
  return unsafe read(descriptor, &information, size) == size ? Int32(information.ssi_signo) : nil
}

import CLinux
import Glibc

/// Starts a program in a new process: descriptors from 3 on are exactly `descriptors`, standard error is `errors`, no
/// signal is blocked or caught, and the environment is `environment`.
/// - Throws: the kernel's error; the program then did not start.
public func spawn(
  _ program: String, arguments: [String], environment: [String], descriptors: [Int32], errors: Int32
) throws(Errno) -> Int32 {
  // Copies above the range in use, so that no dup2 overwrites a descriptor still to be copied.
  var copies: [Int32] = []
  defer { for copy in copies { close(copy) } }
  for descriptor in descriptors { copies.append(try check(fcntl(descriptor, F_DUPFD_CLOEXEC, 64))) }
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
  unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
  unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
  unsafe posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
  for (index, copy) in copies.enumerated() {
    unsafe posix_spawn_file_actions_adddup2(&actions, copy, 3 + Int32(index))
  }
  unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3 + Int32(copies.count))
  var attributes = posix_spawnattr_t()
  unsafe posix_spawnattr_init(&attributes)
  defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
  var all = sigset_t()
  unsafe sigfillset(&all)
  var none = sigset_t()
  unsafe sigemptyset(&none)
  unsafe posix_spawnattr_setsigdefault(&attributes, &all)
  unsafe posix_spawnattr_setsigmask(&attributes, &none)
  unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
  var pid: pid_t = 0
  let failure = unsafe withCStrings(arguments) { argv in
    unsafe withCStrings(environment) { envp in
      unsafe posix_spawn(&pid, program, &actions, &attributes, argv, envp)
    }
  }
  if failure != 0 { throw Errno(failure) }
  return pid
}

/// Blocks `signals` and returns a descriptor that tells of them; SIGPIPE is ignored.
public func signalDescriptor(_ signals: [Int32]) throws(Errno) -> FileDescriptor {
  signal(SIGPIPE, SIG_IGN)
  var set = sigset_t()
  unsafe sigemptyset(&set)
  for number in signals { unsafe sigaddset(&set, number) }
  try unsafe check(sigprocmask(SIG_BLOCK, &set, nil))
  return FileDescriptor(owning: try unsafe check(signalfd(-1, &set, Int32(SFD_NONBLOCK | SFD_CLOEXEC))))
}

/// The next signal of a signal descriptor, nil if there is none.
public func nextSignal(_ descriptor: Int32) -> Int32? {
  var information = signalfd_siginfo()
  let size = MemoryLayout<signalfd_siginfo>.size
  return unsafe read(descriptor, &information, size) == size ? Int32(information.ssi_signo) : nil
}

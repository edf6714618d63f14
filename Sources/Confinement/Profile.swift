import CLinux
import Glibc
import Linux

/// The roles, as the confinement knows them.
public enum Profile: String, Sendable {
  case supervisor, launcher, engine, auditor, config
}

/// Gives the process a name for ps and /proc/PID/comm: exec through a descriptor leaves it with a number.
public func nameProcess(_ name: String) {
  let bytes = Array(name.utf8) + [0]
  _ = unsafe bytes.withUnsafeBytes { cl_prctl(PR_SET_NAME, UInt(bitPattern: $0.baseAddress), 0, 0, 0) }
}

/// What the roles' filters have in common: memory, time, waiting, and talking on descriptors they already have.
private let everyday = [
  "read", "write", "close", "recvmsg", "recvfrom", "sendmsg", "epoll_create1", "epoll_wait", "epoll_pwait", "epoll_ctl",
  "timerfd_create", "timerfd_settime", "poll", "ppoll", "fstat", "newfstatat", "fcntl", "brk", "munmap", "mremap",
  "madvise", "futex", "getrandom", "clock_gettime", "rt_sigreturn", "rt_sigprocmask", "sigaltstack", "getpid", "gettid",
  "exit", "exit_group", "restart_syscall", "shutdown", "lseek",
]
private let writesLogs = [
  "openat", "renameat", "renameat2", "rename", "unlinkat", "unlink", "fsync", "fdatasync", "ftruncate", "statx",
  "pread64",
]

/// Confines a child that the launcher has already given its own user: no capability, no new program, no file or socket
/// of its own making, little memory. `directory`, an open descriptor, is the only place the auditor may touch.
/// - Throws: the step that failed; the process must then exit.
public func confine(as profile: Profile, directory: Int32? = nil, fallback: FilterDefault = .errno)
  throws(ConfinementFailure)
{
  nameProcess("carpd-\(profile.rawValue)")
  try keepOnly([])
  try step("set resource limits") { () throws(Errno) in
    try limit(__RLIMIT_NPROC, 0)
    try limit(RLIMIT_CORE, 0)
    try limit(RLIMIT_NOFILE, 256)
    try limit(RLIMIT_AS, 1 << 30)
    if profile != .auditor { try limit(RLIMIT_FSIZE, 0) }
  }
  try restrictFiles(to: [], open: directory.map { ($0, .logs) })
  try step("install the system call filter") { () throws(Errno) in
    var filter = try SystemCallFilter(fallback)
    filter.allow(everyday)
    filter.allowDataMemory()
    // Only on connected sockets: with an address it would be a way out.
    filter.allow("sendto", [.equals(4, 0)])
    // abort() raises a signal in its own process, never in another.
    filter.allow("tgkill", [.equals(0, UInt64(getpid()))])
    if profile == .auditor { filter.allow(writesLogs) }
    try filter.install()
  }
}

/// The supervisor's filter: what it needs for sockets, netlink, /proc and the files named in its options; never a new
/// program, a signal, another user or executable memory.
public func filterSupervisor(_ fallback: FilterDefault) throws(ConfinementFailure) {
  try step("install the system call filter") { () throws(Errno) in
    var filter = try SystemCallFilter(fallback)
    filter.allow(everyday)
    filter.allow([
      "socket", "socketpair", "bind", "connect", "listen", "accept4", "setsockopt", "getsockopt", "getsockname",
      "sendto", "openat",
      "unlink", "unlinkat", "readlink", "readlinkat", "waitid", "wait4", "ioctl", "pread64", "access", "faccessat",
      "faccessat2", "getuid", "geteuid", "getgid", "getegid", "statx", "pipe2", "pidfd_open",
    ])
    filter.allowDataMemory()
    filter.allow("tgkill", [.equals(0, UInt64(getpid()))])
    try filter.install()
  }
}

/// The launcher's filter. The children inherit it, so it also lets a program start (the loader's calls) and confine
/// itself. Users: only to one of `identities`. A new program: only by execveat, which a Landlock rule ties to one file.
/// Signals: only through pidfds, which it gets for its own children alone.
public func filterLauncher(_ fallback: FilterDefault, identities: [Identity]) throws(ConfinementFailure) {
  try step("install the system call filter") { () throws(Errno) in
    var filter = try SystemCallFilter(fallback)
    filter.allow(everyday)
    filter.allow(writesLogs)
    filter.allow([
      "mmap", "mprotect", "pread64", "access", "faccessat", "arch_prctl", "set_tid_address", "set_robust_list", "rseq",
      "prlimit64", "prctl", "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
      "capget",
      "capset", "rt_sigaction", "sched_getaffinity", "uname", "readlink", "readlinkat", "getuid", "geteuid", "getgid",
      "getegid", "sysinfo", "dup2", "dup3", "close_range", "waitid", "pidfd_send_signal",
      "sched_yield", "getdents64", "getppid", "ioctl", "getsockopt",
    ])
    filter.allow("sendto", [.equals(4, 0)])
    // abort() raises a signal in its own process; in a child it then ends by an illegal instruction instead.
    filter.allow("tgkill", [.equals(0, UInt64(getpid()))])
    filter.allow("execveat", [.equals(4, UInt64(AT_EMPTY_PATH))])
    // fork(): a copy, no thread and no new namespace.
    filter.allow("clone", [.masked(0, UInt64(CLONE_VM) | 0x7e02_0000, 0)])
    filter.refuse("clone3", ENOSYS)
    filter.allow("setgroups", [.equals(0, 0)])
    for identity in identities {
      filter.allow("setresuid", (0..<3).map { .equals($0, UInt64(identity.uid)) })
      filter.allow("setresgid", (0..<3).map { .equals($0, UInt64(identity.gid)) })
    }
    try filter.install()
  }
}

/// Sets both limits of a resource.
func limit(_ resource: __rlimit_resource, _ value: UInt) throws(Errno) {
  var limits = rlimit(rlim_cur: value, rlim_max: value)
  try check(unsafe setrlimit(__rlimit_resource_t(resource.rawValue), &limits))
}

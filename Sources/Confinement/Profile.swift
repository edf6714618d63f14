import CLinux
import CSeccomp
import Glibc
import Linux

/// Gives the process a name for ps and /proc/PID/comm: exec through a descriptor leaves it with a number.
public func nameProcess(_ name: String) {
  let bytes = Array(name.utf8) + [0]
  _ = unsafe bytes.withUnsafeBytes { cl_prctl(PR_SET_NAME, UInt(bitPattern: $0.baseAddress), 0, 0, 0) }
}

/// What the roles' filters have in common: memory, time, waiting, and talking on descriptors they already have.
private func everyday() -> [CallRule] {
  calls(
    """
    read write close recvmsg recvfrom sendmsg epoll_create1 epoll_wait epoll_pwait epoll_ctl timerfd_create
    timerfd_settime poll ppoll fstat newfstatat fcntl brk munmap mremap madvise futex getrandom clock_gettime
    rt_sigreturn rt_sigprocmask sigaltstack getpid gettid exit exit_group restart_syscall shutdown lseek
    """)
    // abort() raises a signal in its own process, never in another.
    + [CallRule(name: "tgkill", conditions: [equals(0, UInt32(bitPattern: getpid()))])]
}

/// Memory may be mapped and protected, but never executable.
private let dataMemory = ["mmap", "mprotect"].flatMap { name in
  [(UInt64(0), SCMP_ACT_ALLOW), (UInt64(PROT_EXEC), SCMP_ACT_KILL_PROCESS)].map { value, action in
    CallRule(name: name, conditions: [masked(2, UInt64(PROT_EXEC), value)], action: action)
  }
}

/// Sending on connected sockets only: with an address it would be a way out.
private let sendsToPeer = CallRule(name: "sendto", conditions: [masked(4, .max, 0)])

private let writesLogs = calls(
  "openat renameat renameat2 rename unlinkat unlink fsync fdatasync ftruncate statx pread64")

/// Confines a child that the launcher has already given its own user: no capability, no new program, no file or socket
/// of its own making, little memory. `directory`, an open descriptor, is the only place where it may touch files: the
/// auditor has one.
/// - Throws: the step that failed; the process must then exit.
public func confine(as role: String, directory: Int32? = nil, fallback: FilterDefault = .errno)
  throws(ConfinementFailure)
{
  nameProcess("carpd-\(role)")
  try keepOnly([])
  try step("set resource limits") { () throws(Errno) in
    var limits = [(__RLIMIT_NPROC, 0), (RLIMIT_CORE, 0), (RLIMIT_NOFILE, 256), (RLIMIT_AS, 1 << 30)]
    if directory == nil { limits.append((RLIMIT_FSIZE, 0)) }
    for (resource, value) in limits {
      var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
      try check(unsafe setrlimit(__rlimit_resource_t(resource.rawValue), &limit))
    }
  }
  try restrictFiles(to: [], open: directory.map { ($0, .logs) })
  try installFilter(
    everyday() + dataMemory + [sendsToPeer] + (directory == nil ? [] : writesLogs), otherwise: fallback)
}

/// The supervisor's filter: what it needs for sockets, netlink, /proc and the files named in its options; never a new
/// program, a signal, another user or executable memory.
public func filterSupervisor(_ fallback: FilterDefault) throws(ConfinementFailure) {
  let ownBusiness = calls(
    """
    socket socketpair bind connect listen accept4 setsockopt getsockopt getsockname sendto openat unlink unlinkat readlink
    readlinkat waitid wait4 ioctl pread64 access faccessat faccessat2 getuid geteuid getgid getegid statx pipe2 pidfd_open
    """)
  try installFilter(everyday() + dataMemory + ownBusiness, otherwise: fallback)
}

/// The launcher's filter. The children inherit it, so it also lets a program start (the loader's calls) and confine
/// itself. Users: only to one of `identities`. A new program: only by execveat, which a Landlock rule ties to one file.
/// Signals: only through pidfds, which it gets for its own children alone; in a child abort() ends by an illegal
/// instruction instead.
public func filterLauncher(_ fallback: FilterDefault, identities: [Identity]) throws(ConfinementFailure) {
  let startsPrograms = calls(
    """
    mmap mprotect access faccessat arch_prctl set_tid_address set_robust_list rseq prlimit64 prctl seccomp
    landlock_create_ruleset landlock_add_rule landlock_restrict_self capget capset rt_sigaction sched_getaffinity uname
    readlink readlinkat getuid geteuid getgid getegid sysinfo dup2 dup3 close_range waitid pidfd_send_signal sched_yield
    getdents64 getppid ioctl getsockopt
    """)
  let all = { (id: UInt32) in (0..<3).map { equals($0, id) } }
  let narrowly = [
    sendsToPeer,
    CallRule(name: "execveat", conditions: [equals(4, UInt32(AT_EMPTY_PATH))]),
    // fork(): a copy, no thread and no new namespace.
    CallRule(name: "clone", conditions: [masked(0, UInt64(CLONE_VM) | 0x7e02_0000, 0)]),
    CallRule(name: "clone3", action: failure(ENOSYS)),
    CallRule(name: "setgroups", conditions: [equals(0, 0)]),
  ]
  let users = identities.flatMap {
    [CallRule(name: "setresuid", conditions: all($0.uid)), CallRule(name: "setresgid", conditions: all($0.gid))]
  }
  try installFilter(everyday() + writesLogs + startsPrograms + narrowly + users, otherwise: fallback)
}

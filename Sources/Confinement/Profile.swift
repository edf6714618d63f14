import CSeccomp

/// What the filters of all roles have in common: memory, time, waiting, and talking on descriptors they already have.
package func everyday() -> [CallRule] {
  let names = """
    read write close recvmsg recvfrom sendmsg epoll_create1 epoll_wait epoll_pwait epoll_ctl timerfd_create
    timerfd_settime poll ppoll fstat newfstatat fcntl brk munmap mremap madvise futex getrandom clock_gettime
    rt_sigreturn rt_sigprocmask sigaltstack getpid gettid exit exit_group restart_syscall shutdown lseek
    """
  // abort() raises a signal in its own process, never in another.
  return calls(names) + calls("tgkill", where: [(0, int, UInt64(getpid()))])
}

/// Memory may be mapped and protected, but never executable.
package let dataMemory =
  calls("mmap mprotect", where: [(2, UInt64(PROT_EXEC), 0)])
  + calls("mmap mprotect", SCMP_ACT_KILL_PROCESS, where: [(2, UInt64(PROT_EXEC), UInt64(PROT_EXEC))])

/// Sending on connected sockets only: with an address it would be a way out.
package let sendsToPeer = calls("sendto", where: [(4, .max, 0)])

/// What an auditor does in its directory.
package let writesLogs = calls(
  "openat renameat renameat2 rename unlinkat unlink fsync fdatasync ftruncate statx pread64")

/// The supervisor's filter: what it needs for sockets, netlink, /proc and the files named in its options; never a new
/// program, a signal, another user or executable memory.
public func filterSupervisor(_ fallback: FilterDefault) throws(Errno) {
  let ownBusiness = """
    socket socketpair bind connect listen accept4 setsockopt getsockopt getsockname sendto openat unlink unlinkat readlink
    readlinkat waitid wait4 ioctl pread64 access faccessat faccessat2 getuid geteuid getgid getegid statx pipe2 pidfd_open
    """
  try installFilter(everyday() + dataMemory + calls(ownBusiness), otherwise: fallback)
}

/// The launcher's filter. The children inherit it, so it also lets a program start (the loader's calls) and confine
/// itself. Users: only to one of `identities`. A new program: only by execveat, which a Landlock rule ties to one file.
/// Signals: only through pidfds, which it gets for its own children alone; in a child abort() ends by an illegal
/// instruction instead.
public func filterLauncher(_ fallback: FilterDefault, identities: [Identity]) throws(Errno) {
  let startsPrograms = """
    mmap mprotect access faccessat arch_prctl set_tid_address set_robust_list rseq prlimit64 prctl seccomp
    landlock_create_ruleset landlock_add_rule landlock_restrict_self capget capset rt_sigaction sched_getaffinity uname
    readlink readlinkat getuid geteuid getgid getegid sysinfo dup2 dup3 close_range waitid pidfd_send_signal sched_yield
    getdents64 getppid ioctl getsockopt
    """
  let narrowly =
    sendsToPeer + calls("execveat", where: [(4, int, UInt64(AT_EMPTY_PATH))])
    // fork(): a copy, no thread and no new namespace.
    + calls("clone", where: [(0, UInt64(CLONE_VM) | 0x7e02_0000, 0)])
    + calls("clone3", failure(ENOSYS))
    + calls("setgroups", where: [(0, int, 0)])
  let all = { (id: UInt32) in (0..<3).map { (UInt32($0), int, UInt64(id)) } }
  let users = identities.flatMap { calls("setresuid", where: all($0.uid)) + calls("setresgid", where: all($0.gid)) }
  try installFilter(everyday() + writesLogs + calls(startsPrograms) + narrowly + users, otherwise: fallback)
}

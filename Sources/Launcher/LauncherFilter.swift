import CSeccomp
package import Confinement

/// The launcher's filter. The children inherit it, so it also lets a program start (the loader's calls) and confine
/// itself. Users: only to one of `identities`. A new program: only by execveat, which a Landlock rule ties to one file.
/// Signals: only through pidfds, which it gets for its own children alone; in a child abort() ends by an illegal
/// instruction instead.
package func filterLauncher(_ fallback: FilterDefault, identities: [Identity]) throws(Errno) {
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

import CSeccomp

/// What the filters of all roles have in common: memory, time, waiting, and talking on descriptors they already have.
package func everyday() -> [CallRule] {
  let names = """
    read write close recvmsg recvfrom sendmsg poll ppoll fstat newfstatat fcntl brk munmap mremap madvise futex getrandom
    clock_gettime rt_sigreturn rt_sigprocmask sigaltstack getpid gettid exit exit_group restart_syscall shutdown lseek
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
    readlinkat ioctl pread64 access faccessat faccessat2 getuid geteuid getgid getegid statx
    """
  try installFilter(everyday() + dataMemory + calls(ownBusiness), otherwise: fallback)
}

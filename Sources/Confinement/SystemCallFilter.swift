package import CSeccomp

/// What becomes of a system call that is on no list.
public enum FilterDefault: String, Sendable {
  /// It fails with EPERM: a libc that learns a new call must not become an outage.
  case errno
  /// The process is killed: for the test suite, which proves the lists complete.
  case kill
}

/// What a filter does about a system call for which all conditions hold.
package typealias CallRule = (name: String, action: UInt32, conditions: [scmp_arg_cmp])

/// The call fails with `number` (SCMP_ACT_ERRNO, a macro that Swift cannot import).
package func failure(_ number: Int32) -> UInt32 { 0x0005_0000 | UInt32(number) }

/// The bits of an argument that is an int: in the upper half of the register a caller may leave anything.
package let int: UInt64 = 0xffff_ffff

/// What an argument of a call has to be: its number, the bits of it that count, and their value.
package typealias Condition = (UInt32, UInt64, UInt64)

/// Rules for the calls of these names, where all of `conditions` hold.
package func calls(
  _ names: String, _ action: UInt32 = SCMP_ACT_ALLOW, where conditions: [Condition] = []
) -> [CallRule] {
  let conditions = conditions.map { scmp_arg_cmp(arg: $0, op: SCMP_CMP_MASKED_EQ, datum_a: $1, datum_b: $2) }
  return names.split(whereSeparator: \.isWhitespace).map { (String($0), action, conditions) }
}

/// Calls no role ever makes and an intruder would: they kill, whatever the default, in each filter that names them not.
private let dangerous = """
  socket socketpair connect bind listen accept accept4 open openat openat2 creat execve execveat fork vfork clone ptrace
  process_vm_readv process_vm_writev kill tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd
  pidfd_send_signal bpf keyctl add_key request_key io_uring_setup io_uring_enter io_uring_register perf_event_open
  userfaultfd memfd_create unshare setns mount umount2 pivot_root chroot move_mount open_tree fsopen init_module
  finit_module delete_module kexec_load kexec_file_load reboot setuid setgid setreuid setregid setresuid setresgid
  setfsuid setfsgid setgroups capset iopl ioperm open_by_handle_at name_to_handle_at personality swapon swapoff mknod
  mknodat seccomp
  """

/// Installs a seccomp filter of these rules for good; it is inherited by children and over exec.
package func installFilter(_ rules: [CallRule], otherwise fallback: FilterDefault) throws(Errno) {
  let otherwise = fallback == .kill ? SCMP_ACT_KILL_PROCESS : failure(EPERM)
  guard let context = unsafe seccomp_init(otherwise) else { throw Errno(ENOMEM) }
  defer { unsafe seccomp_release(context) }
  let known = { (result: Int32) throws(Errno) in if result < 0 { throw Errno(-result, "filter system calls") } }
  let named = Set(rules.map(\.name))
  let kills = calls(dangerous, SCMP_ACT_KILL_PROCESS).filter { !named.contains($0.name) }
  // A rule that says the same as the default is refused by libseccomp, and needless.
  for rule in rules + kills where rule.action != otherwise {
    let number = unsafe seccomp_syscall_resolve_name(rule.name)
    // This architecture (or libseccomp) does not have the call, so there is nothing to say about it.
    if number < 0 { continue }
    let count = UInt32(rule.conditions.count)
    try unsafe known(seccomp_rule_add_array(context, rule.action, number, count, rule.conditions))
  }
  try unsafe known(seccomp_load(context))
}

import CLinux
import CSeccomp
import Glibc
import Linux

/// What becomes of a system call that is on no list.
public enum FilterDefault: String, Sendable {
  /// It fails with EPERM: a libc that learns a new call must not become an outage.
  case errno
  /// The process is killed: for the test suite, which proves the lists complete.
  case kill
}

/// A condition on one argument of a system call.
struct ArgumentRule {
  let index: UInt32
  let comparison: scmp_compare
  let a: UInt64
  let b: UInt64
  /// `argument & mask == value`.
  static func masked(_ index: UInt32, _ mask: UInt64, _ value: UInt64) -> ArgumentRule {
    ArgumentRule(index: index, comparison: SCMP_CMP_MASKED_EQ, a: mask, b: value)
  }
  static func equals(_ index: UInt32, _ value: UInt64) -> ArgumentRule {
    ArgumentRule(index: index, comparison: SCMP_CMP_EQ, a: value, b: 0)
  }
}

/// A seccomp filter in the making.
@safe struct SystemCallFilter {
  /// Calls no role ever makes and an intruder would: they kill, whatever the default. A role that needs one of them
  /// allows it first.
  static let dangerous = [
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "open", "openat", "openat2", "creat",
    "execve", "execveat", "fork", "vfork", "clone", "ptrace", "process_vm_readv", "process_vm_writev", "kill", "tkill",
    "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "bpf", "keyctl",
    "add_key",
    "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register", "perf_event_open", "userfaultfd",
    "memfd_create", "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen",
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "setuid", "setgid",
    "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capset", "iopl", "ioperm",
    "open_by_handle_at", "name_to_handle_at", "personality", "swapon", "swapoff", "mknod", "mknodat", "seccomp",
  ]

  private let context: scmp_filter_ctx
  private var allowed: Set<String> = []
  private var failure: Int32 = 0
  private let fallback: UInt32

  init(_ unknown: FilterDefault) throws(Errno) {
    let action = unknown == .kill ? SCMP_ACT_KILL_PROCESS : 0x0005_0000 | UInt32(EPERM)
    guard let context = unsafe seccomp_init(action) else { throw Errno(ENOMEM) }
    unsafe self.context = context
    self.fallback = action
  }

  mutating func allow(_ names: [String]) { for name in names { add(SCMP_ACT_ALLOW, name, []) } }

  /// Allows the call if all `rules` hold.
  mutating func allow(_ name: String, _ rules: [ArgumentRule]) { add(SCMP_ACT_ALLOW, name, rules) }

  /// Kills on the call if all `rules` hold.
  mutating func kill(_ name: String, _ rules: [ArgumentRule]) { add(SCMP_ACT_KILL_PROCESS, name, rules) }

  /// Makes the call fail with `number`.
  mutating func refuse(_ name: String, _ number: Int32) { add(0x0005_0000 | UInt32(number), name, []) }

  /// Memory may be mapped and protected, but never executable.
  mutating func allowDataMemory() {
    for name in ["mmap", "mprotect"] {
      allow(name, [.masked(2, UInt64(PROT_EXEC), 0)])
      kill(name, [.masked(2, UInt64(PROT_EXEC), UInt64(PROT_EXEC))])
    }
  }

  private mutating func add(_ action: UInt32, _ name: String, _ rules: [ArgumentRule]) {
    let number = unsafe seccomp_syscall_resolve_name(name)
    // Negative: this architecture (or libseccomp) does not have the call, so there is nothing to say about it.
    // A rule that says the same as the default is refused by libseccomp, and needless.
    if number < 0 || action == fallback { return }
    if action == SCMP_ACT_ALLOW { allowed.insert(name) }
    let arguments = rules.map { scmp_arg_cmp(arg: $0.index, op: $0.comparison, datum_a: $0.a, datum_b: $0.b) }
    let result = unsafe seccomp_rule_add_array(context, action, number, UInt32(arguments.count), arguments)
    if result < 0 && failure == 0 { failure = -result }
  }

  /// Adds the killing rules and installs the filter for good.
  mutating func install() throws(Errno) {
    defer { unsafe seccomp_release(context) }
    for name in SystemCallFilter.dangerous where !allowed.contains(name) { add(SCMP_ACT_KILL_PROCESS, name, []) }
    if failure != 0 { throw Errno(failure) }
    let result = unsafe seccomp_load(context)
    if result < 0 { throw Errno(-result) }
  }
}

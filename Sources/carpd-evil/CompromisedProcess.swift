import CEvil
import CLinux
import ChildConfinement
import Glibc

/// One thing an intruder tries from within a confined process.
struct Attempt {
  let name: String
  /// The result of the system call, or -errno.
  let body: () -> Int
}

/// What somebody who has taken over a confined role would try next.
struct CompromisedProcess {
  /// These end the process.
  var killed: [Attempt] = []
  /// These only fail.
  var refused: [Attempt] = []

  init() {
    // Asked while it may be: the process at the other end.
    var peer = ucred()
    var size = socklen_t(MemoryLayout<ucred>.size)
    getsockopt(3, SOL_SOCKET, SO_PEERCRED, &peer, &size)
    let supervisor = Int(peer.pid)
    let text = { (string: String) in Int(bitPattern: strdup(string)) }
    let page = Int(bitPattern: mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    let space = Int(bitPattern: calloc(4096, 1))
    // sockaddr_un of an abstract socket; its family is AF_UNIX.
    let abstract = Int(bitPattern: calloc(110, 1))
    UnsafeMutablePointer<UInt8>(bitPattern: abstract)?[0] = 1
    UnsafeMutablePointer<UInt8>(bitPattern: abstract)?[3] = 120
    func call(_ number: Int32, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0, _ f: Int = 0) -> ()
      -> Int
    {
      { evil_syscall(Int(number), a, b, c, d, e, f) }
    }
    func kills(_ name: String, _ body: @escaping () -> Int) { killed.append(Attempt(name: name, body: body)) }
    func fails(_ name: String, _ body: @escaping () -> Int) { refused.append(Attempt(name: name, body: body)) }
    let here = Int(AT_FDCWD)

    kills("open-shadow", call(__NR_openat, here, text("/etc/shadow")))
    kills("open-passwd", call(__NR_openat, here, text("/etc/passwd")))
    kills("open-old", call(__NR_open, text("/etc/passwd")))
    kills("openat2", call(__NR_openat2, here, text("/etc/passwd"), space, 24))
    kills("memory-of-supervisor", call(__NR_openat, here, text("/proc/\(supervisor)/mem"), Int(O_RDWR)))
    kills("create-file", call(__NR_openat, here, text("/tmp/carpd-evil"), Int(O_CREAT | O_WRONLY), 0o600))
    kills("socket-inet-raw", call(__NR_socket, Int(AF_INET), 3, 112))
    kills("socket-inet-datagram", call(__NR_socket, Int(AF_INET), 2, 0))
    kills("socket-packet", call(__NR_socket, Int(AF_PACKET), 3, 0))
    kills("socket-unix", call(__NR_socket, Int(AF_UNIX), 1, 0))
    kills("socket-netlink", call(__NR_socket, Int(AF_NETLINK), 3, 0))
    kills("socketpair", call(__NR_socketpair, Int(AF_UNIX), 1, 0, space))
    kills("connect-abstract", call(__NR_connect, 3, abstract, 110))
    kills("bind", call(__NR_bind, 3, abstract, 110))
    kills("listen", call(__NR_listen, 3, 1))
    kills("accept", call(__NR_accept4, 3, 0, 0, 0))
    kills("execve", call(__NR_execve, text("/bin/true"), space, space))
    kills("execveat", call(__NR_execveat, here, text("/bin/true"), space, space, 0))
    kills("fork", call(__NR_fork))
    kills("vfork", call(__NR_fork))
    kills("clone", call(__NR_clone, Int(SIGCHLD)))
    kills("kill-supervisor", call(__NR_kill, supervisor, Int(SIGKILL)))
    kills("kill-0-supervisor", call(__NR_kill, supervisor, 0))
    kills("kill-all", call(__NR_kill, -1, Int(SIGKILL)))
    kills("tkill", call(__NR_tkill, supervisor, Int(SIGKILL)))
    kills("sigqueue", call(__NR_rt_sigqueueinfo, supervisor, Int(SIGTERM), space))
    kills("pidfd-open", call(__NR_pidfd_open, supervisor, 0))
    kills("pidfd-getfd", call(__NR_pidfd_getfd, 3, 3, 0))
    kills("ptrace", call(__NR_ptrace, 16, supervisor))
    kills("process-vm-readv", call(__NR_process_vm_readv, supervisor, space, 1, space, 1, 0))
    kills("process-vm-writev", call(__NR_process_vm_writev, supervisor, space, 1, space, 1, 0))
    kills("mmap-executable", call(__NR_mmap, 0, 4096, 7, 0x22, -1, 0))
    kills("mprotect-executable", call(__NR_mprotect, page, 4096, 5))
    kills("io-uring", call(__NR_io_uring_setup, 8, space))
    kills("keyctl", call(__NR_keyctl, 0, -3, 1))
    kills("add-key", call(__NR_add_key, text("user"), text("x"), space, 1, -3))
    kills("setuid", call(__NR_setuid, 0))
    kills("setresuid", call(__NR_setresuid, 0, 0, 0))
    kills("setgid", call(__NR_setgid, 0))
    kills("setgroups", call(__NR_setgroups, 0, 0))
    kills("capset", call(__NR_capset, space, space))
    kills("unshare-user", call(__NR_unshare, 0x1000_0000))
    kills("setns", call(__NR_setns, 3, 0))
    kills("bpf", call(__NR_bpf, 0, space, 64))
    kills("memfd", call(__NR_memfd_create, text("x"), 0))
    kills("personality", call(__NR_personality, 0x040_0000))
    kills("perf", call(__NR_perf_event_open, space, 0, -1, -1, 0))
    kills("userfaultfd", call(__NR_userfaultfd, 0))
    kills("chroot", call(__NR_chroot, text("/")))
    kills("mount", call(__NR_mount, text("x"), text("/tmp"), text("tmpfs"), 0, 0))
    kills("mknod", call(__NR_mknodat, here, text("/tmp/carpd-evil"), 0o60600, 0x800))
    kills("open-by-handle", call(__NR_open_by_handle_at, 3, space, 0))
    kills("seccomp", call(__NR_seccomp, 1, 0, space))
    kills("module", call(__NR_init_module, space, 4096, space))
    kills("reboot", call(__NR_reboot, 0, 0, 0, 0))

    fails("dumpable", call(__NR_prctl, 4, 1, 0, 0, 0))
    fails("clone3", call(__NR_clone3, space, 64))
    fails("tgkill-supervisor", call(__NR_tgkill, supervisor, supervisor, Int(SIGKILL)))
    fails("send-to-an-address", call(__NR_sendto, 3, space, 1, 0, abstract, 110))
    fails("socket-option", call(__NR_setsockopt, 3, 1, 4, space, 4))
    fails("pkey-mprotect", call(__NR_pkey_mprotect, page, 4096, 5, -1))
    fails("shared-memory", call(__NR_shmget, 1, 4096, 0o1777))
    fails("unlink", call(__NR_unlink, text("/etc/passwd")))
    fails("chmod", call(__NR_chmod, text("/etc/passwd"), 0o666))
    fails("link", call(__NR_link, text("/etc/passwd"), text("/tmp/carpd-evil")))
    fails("symlink", call(__NR_symlink, text("/etc/passwd"), text("/tmp/carpd-evil")))
    fails("rename", call(__NR_rename, text("/etc/passwd"), text("/tmp/carpd-evil")))
    fails("mkdir", call(__NR_mkdir, text("/tmp/carpd-evil"), 0o700))
    fails("truncate", call(__NR_truncate, text("/etc/passwd"), 0))
    fails("priority", call(__NR_setpriority, 0, 0, -20))
    fails("scheduler", call(__NR_sched_setscheduler, 0, 1, space))
    fails("raise-limit", call(__NR_prlimit64, 0, 6, space, 0))
    fails("terminal", call(__NR_ioctl, 2, 0x5412, space))
    fails("new-session", call(__NR_setsid))
    fails("inotify", call(__NR_inotify_init1, 0))
    fails("landlock", call(__NR_landlock_create_ruleset, space, 8, 0))
    fails("sysctl-name", call(__NR_sethostname, text("x"), 1))
    fails("clock", call(__NR_clock_settime, 0, space))
    fails("no-such-call", call(9999))
  }

  func play(_ attempt: Attempt) {
    CompromisedProcess.say("doing \(attempt.name)")
    CompromisedProcess.report(attempt)
  }

  static func report(_ attempt: Attempt) {
    let result = attempt.body()
    say(result < 0 ? "\(attempt.name) errno \(-result)" : "\(attempt.name) succeeded with \(result)")
  }

  static func say(_ text: String) {
    let bytes = Array("evil: \(text)\n".utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  /// By hand, as the user of the config role: confines itself as that and tries the attempt that EVIL names, or all that
  /// only fail.
  static func runAsConfig() -> Int32 {
    let compromised = CompromisedProcess()
    let wanted = variable("EVIL") ?? ""
    do { try confine(as: "config") } catch {
      say("cannot confine itself: \(error)")
      return 71
    }
    if let attempt = compromised.killed.first(where: { $0.name == wanted }) { report(attempt) }
    if wanted == "refused" { compromised.refused.forEach(report) }
    return 0
  }
}

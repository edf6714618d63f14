import CEvil
import CLinux
import Confinement
import Glibc
import Launcher
import Linux

/// Somebody who has taken over the launcher. Run by hand as root: it gives its privileges up exactly as the launcher does
/// (before the supervisor's `seal`, or with EVIL_SEALED as after it) and tries what EVIL names against the process
/// EVIL_VICTIM.
enum CompromisedLauncher {
  static func run() -> Int32 {
    guard let own = Identity(user: "carpd-launch"), let engine = Identity(user: "carpd-engine"),
      let auditor = Identity(user: "carpd-audit"), let config = Identity(user: "carpd-config")
    else { return 71 }
    let victim = Int(variable("EVIL_VICTIM") ?? "") ?? Int(getppid())
    let wanted = variable("EVIL") ?? ""
    let text = { (string: String) in Int(bitPattern: strdup(string)) }
    let space = Int(bitPattern: calloc(4096, 1))
    let arguments = Int(bitPattern: calloc(2, 8))
    UnsafeMutablePointer<Int>(bitPattern: arguments)?[0] = text("true")
    let here = Int(AT_FDCWD)
    // The program the launcher may execute is a descriptor of its own, here a stand-in.
    let program = open("/proc/self/exe", O_PATH | O_CLOEXEC)
    do {
      let maps = String(decoding: try readFile("/proc/self/maps", limit: 1 << 18), as: UTF8.self)
      let libraries = Set(
        maps.split(separator: "\n").compactMap { line -> String? in
          guard let slash = line.firstIndex(of: "/"), line.contains(".so") else { return nil }
          return line[slash...].lastIndex(of: "/").map { String(line[slash..<$0]) }
        })
      let places = libraries.map { ($0, FileRights.run) } + [(place(program), .run)]
      try drop(to: own, keeping: .launcher)
      try restrictFiles(to: places, handling: [.execute])
      try filterLauncher(.errno, identities: [engine, auditor, config])
      if variable("EVIL_SEALED") != nil {
        try restrictFiles(to: places)
      }
    } catch {
      CompromisedProcess.say("cannot confine itself: \(error)")
      return 71
    }
    func call(_ number: Int32, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, _ e: Int = 0, _ f: Int = 0)
      -> Int
    {
      evil_syscall(Int(number), a, b, c, d, e, f)
    }
    let root = 0
    let nobody = 65534
    let attempts: [String: () -> Int] = [
      "setuid": { call(__NR_setuid, root) },
      "setresuid-root": { call(__NR_setresuid, root, root, root) },
      "setresuid-part": { call(__NR_setresuid, -1, root, -1) },
      "setresuid-other": { call(__NR_setresuid, nobody, nobody, nobody) },
      "setresgid-root": { call(__NR_setresgid, root, root, root) },
      "setreuid": { call(__NR_setreuid, root, root) },
      "setfsuid": { call(__NR_setfsuid, root) },
      "setgroups": { call(__NR_setgroups, 1, space) },
      // Its own trade, and then on: the capabilities stay, but not the way to root.
      "engine-then-root": {
        let uid = Int(engine.uid)
        if call(__NR_setresuid, uid, uid, uid) < 0 { return -1000 }
        return call(__NR_setresuid, root, root, root)
      },
      "open-shadow": { call(__NR_openat, here, text("/etc/shadow")) },
      "open-passwd": { call(__NR_openat, here, text("/etc/passwd")) },
      "create-file": { call(__NR_openat, here, text("/tmp/carpd-evil"), Int(O_CREAT | O_WRONLY), 0o600) },
      "kill": { call(__NR_kill, victim, Int(SIGKILL)) },
      "tkill": { call(__NR_tkill, victim, Int(SIGKILL)) },
      "tgkill": { call(__NR_tgkill, victim, victim, Int(SIGKILL)) },
      "sigqueue": { call(__NR_rt_sigqueueinfo, victim, Int(SIGKILL), space) },
      "pidfd-kill": {
        let descriptor = call(__NR_pidfd_open, victim, 0)
        return descriptor < 0 ? descriptor : call(__NR_pidfd_send_signal, descriptor, Int(SIGKILL), 0, 0)
      },
      "pidfd-getfd": { call(__NR_pidfd_getfd, 3, 3, 0) },
      "execve": { call(__NR_execve, text("/bin/true"), arguments, space) },
      "execveat-path": { call(__NR_execveat, here, text("/bin/true"), arguments, space, 0) },
      "execveat-opened": {
        let file = call(__NR_openat, here, text("/bin/true"), Int(O_PATH))
        return file < 0 ? file : call(__NR_execveat, file, text(""), arguments, space, Int(AT_EMPTY_PATH))
      },
      "socket": { call(__NR_socket, Int(AF_INET), 2, 0) },
      "socket-unix": { call(__NR_socket, Int(AF_UNIX), 1, 0) },
      "ptrace": { call(__NR_ptrace, 16, victim) },
      "process-vm-readv": { call(__NR_process_vm_readv, victim, space, 1, space, 1, 0) },
      "unshare": { call(__NR_unshare, 0x1000_0000) },
      "clone-new-user": { call(__NR_clone, 0x1000_0000 | Int(SIGCHLD)) },
      "clone-thread": { call(__NR_clone, 0x0001_0f00 | Int(SIGCHLD)) },
      "clone3": { call(__NR_clone3, space, 64) },
      "setns": { call(__NR_setns, 3, 0) },
      "mount": { call(__NR_mount, text("x"), text("/tmp"), text("tmpfs"), 0, 0) },
      "chroot": { call(__NR_chroot, text("/")) },
      "bpf": { call(__NR_bpf, 0, space, 64) },
      "keyctl": { call(__NR_keyctl, 0, -3, 1) },
      "io-uring": { call(__NR_io_uring_setup, 8, space) },
      "memfd": { call(__NR_memfd_create, text("x"), 0) },
      "chmod": { call(__NR_chmod, text("/etc/passwd"), 0o666) },
      "raise-capability": {
        // All capabilities of version 3, permitted and effective.
        let header: [UInt32] = [0x2008_0522, 0]
        let data: [UInt32] = [0xffff_ffff, 0xffff_ffff, 0, 0xffff_ffff, 0xffff_ffff, 0]
        return header.withUnsafeBytes { head in
          data.withUnsafeBytes { body in
            call(__NR_capset, Int(bitPattern: head.baseAddress), Int(bitPattern: body.baseAddress))
          }
        }
      },
    ]
    guard let body = attempts[wanted] else {
      CompromisedProcess.say("attempts: \(attempts.keys.sorted().joined(separator: " "))")
      return 64
    }
    CompromisedProcess.report(Attempt(name: wanted, body: body))
    return 0
  }
}

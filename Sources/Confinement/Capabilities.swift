import CCapability

/// A user and group a role runs as.
public struct Identity: Equatable, Sendable {
  public let uid: UInt32
  public let gid: UInt32
}

extension Identity {
  /// Who runs this process now.
  public static var current: Identity { Identity(uid: geteuid(), gid: getegid()) }

  /// The user of that name and its group, or nil.
  public init?(user: String) {
    guard let entry = unsafe getpwnam(user) else { return nil }
    self = unsafe Identity(uid: entry.pointee.pw_uid, gid: entry.pointee.pw_gid)
  }

  /// Makes this process run as this user and group for good, without supplementary groups.
  public func become() throws(Errno) {
    // Being that user already does not mean being in no other group.
    if self == .current && !ProcessStatus.own.permits(CAP_SETGID) { return }
    try check(setgroups(0, nil), "leave all groups")
    try check(setresgid(gid, gid, gid), "become gid \(gid)")
    try check(setresuid(uid, uid, uid), "become uid \(uid)")
  }
}

/// Capabilities, by the numbers of linux/capability.h.
public typealias Capabilities = [Int32]

extension Capabilities {
  /// What the supervisor keeps: 0x3000.
  public static let supervisor = [CAP_NET_ADMIN, CAP_NET_RAW]
  /// What the launcher keeps.
  public static let launcher = [CAP_SETUID, CAP_SETGID, CAP_KILL]
}

/// Becomes `identity` with exactly `kept` permitted and effective, and nothing inheritable, ambient or in the bounding
/// set; locks that by the securebits and no_new_privs. The order matters: each step needs what a later one gives up.
/// A process that does not have the privileges for a step has nothing to drop by it (`--no-users`, `--check`): the proof
/// from /proc, not this function, decides whether the result is good enough.
public func drop(to identity: Identity, keeping kept: Capabilities) throws(Errno) {
  let kept = kept.filter(ProcessStatus.own.permits)
  if ProcessStatus.own.permits(CAP_SETPCAP) {
    // A service manager may have emptied it already; then dropping more is not needed, nor allowed.
    for number: cap_value_t in 0..<64 where cap_get_bound(number) == 1 {
      try check(cap_drop_bound(number), "drop the bounding set")
    }
    // NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, each with its lock, and KEEP_CAPS locked off. NO_SETUID_FIXUP
    // also keeps the capabilities over the change of user that follows.
    let bits: UInt32 = [SECURE_NOROOT, SECURE_NO_SETUID_FIXUP, SECURE_NO_CAP_AMBIENT_RAISE]
      .reduce(1 << UInt32(SECURE_KEEP_CAPS_LOCKED)) { $0 | 0b11 << UInt32($1) }
    try check(cap_set_secbits(bits), "lock the securebits")
  }
  try identity.become()
  try keepOnly(kept)
}

/// Reduces this process to `kept`, forbids gaining anything by exec, and takes it out of core dumps and ptrace's reach.
public func keepOnly(_ kept: Capabilities) throws(Errno) {
  guard let wanted = unsafe cap_init() else { throw .last }
  defer { unsafe cap_free(UnsafeMutableRawPointer(wanted)) }
  for set in [CAP_PERMITTED, CAP_EFFECTIVE] where !kept.isEmpty {
    try check(unsafe cap_set_flag(wanted, set, Int32(kept.count), kept, CAP_SET))
  }
  try check(unsafe cap_set_proc(wanted), "reduce the capabilities")
  try check(cl_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0), "clear the ambient capabilities")
  guard let actual = unsafe cap_get_proc() else { throw .last }
  defer { unsafe cap_free(UnsafeMutableRawPointer(actual)) }
  if unsafe cap_compare(wanted, actual) != 0 { throw Errno(EPERM, "reduce the capabilities") }
  try check(cl_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs")
  try check(cl_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "forbid dumps")
}

public import Confinement

/// Confines a child that the launcher has already given its own user: no capability, no new program, no file or socket
/// of its own making, little memory. `directory`, an open descriptor, is the only place where it may touch files: the
/// auditor has one.
/// - Throws: the step that failed; the process must then exit.
public func confine(as role: String, directory: Int32? = nil, fallback: FilterDefault = .errno)
  throws(Errno)
{
  // For ps and /proc/PID/comm: exec through a descriptor leaves a number.
  unsafe pthread_setname_np(pthread_self(), "carpd-\(role)")
  try keepOnly([])
  var limits = [(__RLIMIT_NPROC, 0), (RLIMIT_CORE, 0), (RLIMIT_NOFILE, 256), (RLIMIT_AS, 1 << 30)]
  if directory == nil { limits.append((RLIMIT_FSIZE, 0)) }
  for (resource, value) in limits {
    var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
    try check(unsafe setrlimit(__rlimit_resource_t(resource.rawValue), &limit), "set resource limits")
  }
  try restrictFiles(to: directory.map { [(place($0), .logs)] } ?? [])
  try installFilter(
    everyday() + dataMemory + sendsToPeer + (directory == nil ? [] : writesLogs), otherwise: fallback)
}

/// A right below one directory or file, by its number in linux/landlock.h.
public enum FileRight: UInt64, Sendable {
  case execute, writeFile, readFile, readDirectory
  case removeFile = 5
  case makeFile = 8
  case truncate = 14
}

public typealias FileRights = [FileRight]

extension FileRights {
  /// What a program and its libraries need to be started.
  public static let run = [FileRight.execute, .readFile]
  /// What a directory of log files needs.
  public static let logs = [FileRight.readFile, .writeFile, .readDirectory, .makeFile, .removeFile, .truncate]
  fileprivate var bits: UInt64 { reduce(0) { $0 | 1 << $1.rawValue } }
}

/// Version of the Landlock interface this kernel offers; 0 without Landlock.
public func landlockVersion() -> Int {
  max(0, Int(cl_landlock_create_ruleset(nil, 0, UInt32(LANDLOCK_CREATE_RULESET_VERSION))))
}

/// Denies every file access but to `places` (what cannot be opened stays denied), TCP, and (unless
/// `mayReachAbstractSockets`) everything outside this process's own domain that the kernel can scope. `handling` narrows
/// the denied rights to these. Does nothing where the kernel has no Landlock: seccomp and the missing capabilities are
/// what must always hold.
public func restrictFiles(
  to places: [(path: String, rights: FileRights)], mayReachAbstractSockets: Bool = false, handling: FileRights? = nil
) throws(Errno) {
  let version = landlockVersion()
  if version == 0 { return }
  // Every right the version knows is handled, that is denied unless allowed. The 6.1 headers lack the later fields.
  let known: UInt64 = version >= 5 ? 0xffff : version >= 3 ? 0x7fff : version == 2 ? 0x3fff : 0x1fff
  let files = known & (handling?.bits ?? .max)
  let scopes: UInt64 = version < 6 ? 0 : mayReachAbstractSockets ? 2 : 3
  // A kernel that does not know the later fields takes them as long as they are 0.
  let attributes = [files, version >= 4 ? 3 : 0, scopes]
  let ruleset = try unsafe FileDescriptor(checking: cl_landlock_create_ruleset(attributes, 24, 0))
  for (path, rights) in places {
    guard let target = try? openFile(path, O_PATH) else { continue }
    var status = stat()
    try unsafe check(fstat(target.raw, &status))
    // A rule for a plain file must not name rights that only directories have.
    let ofFile = [FileRight.execute, .readFile, .writeFile, .truncate].bits
    let applicable = rights.bits & files & (status.st_mode & S_IFMT == S_IFDIR ? .max : ofFile)
    var rule = landlock_path_beneath_attr(allowed_access: applicable, parent_fd: target.raw)
    let kind = Int32(LANDLOCK_RULE_PATH_BENEATH.rawValue)
    try unsafe check(cl_landlock_add_rule(ruleset.raw, kind, &rule, 0), "allow \(path) by Landlock")
  }
  try check(cl_landlock_restrict_self(ruleset.raw, 0), "restrict by Landlock")
}

/// The path of what `descriptor` is open on in this process, for a place that has no other.
public func place(_ descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

import Audit
import Glibc
import Linux

/// The audit log's file, and those it was before, in the one directory that the auditor may touch. Nothing here waits for
/// a reader, and no name is followed out of the directory.
final class AuditorFile {
  /// Files that may be kept at most; those with higher numbers are not looked for.
  private static let highestNumber = 100

  /// F_OFD_SETLK of fcntl(2), which the Glibc module does not show.
  private static let setLock: Int32 = 37

  private let directory: Int32
  private let name: String
  private let keep: Int
  private var file: FileDescriptor?
  /// The file before, full and renamed: its lock stays until the next one is locked, so that nobody gets in between.
  private var full: FileDescriptor?
  /// Bytes in the file; a pipe has none.
  private(set) var size: UInt64 = 0
  /// It is a file; otherwise it is a pipe, in which nothing can be found or renamed.
  private(set) var isRegular = false

  /// - Parameters:
  ///   - directory: a descriptor of the directory, which stays the caller's.
  ///   - name: a plain file name.
  ///   - keep: files kept beside the current one, 1...100.
  init(directory: Int32, name: String, keep: Int) {
    self.directory = directory
    self.name = name
    self.keep = min(max(keep, 1), AuditorFile.highestNumber)
  }

  var isOpen: Bool { file != nil }

  /// Opens the file for appending, and makes it if it is not there. A file is locked, since two chains in one file would
  /// spoil each other.
  ///
  /// - Throws: ENXIO for a pipe that nobody reads, EINVAL for anything that is neither file nor pipe, EBUSY if another
  ///   process writes this log.
  func open() throws(Errno) {
    guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), !name.hasPrefix(".") else { throw Errno(EINVAL) }
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let opened = try unsafe FileDescriptor(checking: openat(directory, name, flags, 0o640))
    let status = try AuditorFile.status(of: opened.raw)
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      try lock(opened.raw)
      // Whoever is about to begin the next file still has the one before.
      if full == nil { try lockBefore() }
      (isRegular, size) = (true, UInt64(max(0, status.st_size)))
    case S_IFIFO: (isRegular, size) = (false, 0)
    default: throw Errno(EINVAL)
    }
    (file, full) = (opened, nil)
  }

  func close() { file = nil }

  /// Closes the file that `shift` has renamed; what is opened next goes on behind it.
  func finish() { (file, full) = (nil, file) }

  /// A lock of the open file, not of the process, so that reading the same file by another descriptor keeps it; and one
  /// that only who may write the file can hold.
  private func lock(_ descriptor: Int32) throws(Errno) {
    var whole = Glibc.flock()
    whole.l_type = Int16(F_WRLCK)
    if unsafe fcntl(descriptor, AuditorFile.setLock, &whole) < 0 { throw Errno(errno == EAGAIN ? EBUSY : errno) }
  }

  private func lockBefore() throws(Errno) {
    let flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let before = FileDescriptor(owning: unsafe openat(directory, numbered(1), flags))
    if before.raw >= 0 { try lock(before.raw) }
  }

  /// Where the log ends that this file is the newest part of; nil if that cannot be made out.
  func end() throws(Errno) -> LogEnd? {
    guard isRegular else { return LogEnd() }
    let (tail, isAll) = try tail(of: name)
    guard isAll else { return LogEnd(tail: tail, before: nil) }
    return LogEnd(tail: tail, before: try endBefore())
  }

  /// The end of the file before; that of an empty log if there is none.
  private func endBefore() throws(Errno) -> LogEnd? {
    do throws(Errno) {
      guard var end = LogEnd(tail: try tail(of: numbered(1)).bytes, before: nil) else { return nil }
      // What a crash left there stands where no start record can follow it.
      if end.torn > 0 { return nil }
      end.needsNewline = false
      return end
    } catch {
      if error.number == ENOENT { return LogEnd() }
      throw error
    }
  }

  private func tail(of name: String) throws(Errno) -> (bytes: [UInt8], isAll: Bool) {
    let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    let file = try unsafe FileDescriptor(checking: openat(directory, name, flags))
    let status = try AuditorFile.status(of: file.raw)
    guard status.st_mode & S_IFMT == S_IFREG else { throw Errno(EINVAL) }
    let size = max(0, Int(status.st_size))
    let begin = max(0, size - LogEnd.window)
    try check(lseek(file.raw, begin, SEEK_SET))
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: LogEnd.window)
    while bytes.count < LogEnd.window {
      let wanted = LogEnd.window - bytes.count
      let count = try check(unsafe read(file.raw, &buffer, wanted))
      if count == 0 { break }
      bytes += buffer.prefix(count)
    }
    return (bytes, begin == 0)
  }

  /// Appends `bytes` as far as there is room. That a pipe's reader is gone is an error like others: the launcher ignores
  /// SIGPIPE, and so do its children.
  ///
  /// - Returns: how many were written.
  func write(_ bytes: [UInt8]) throws(Errno) -> Int {
    guard let file else { throw Errno(EBADF) }
    let count = try check(unsafe Glibc.write(file.raw, bytes, bytes.count))
    if isRegular { size += UInt64(count) }
    return count
  }

  /// Waits until what was written is on the disk.
  func sync() throws(Errno) {
    guard let file, isRegular else { return }
    try check(fdatasync(file.raw))
  }

  /// False if somebody removed or replaced the file behind this one's back.
  var isStillNamed: Bool {
    guard let file, isRegular, let own = try? AuditorFile.status(of: file.raw) else { return true }
    var named = stat()
    guard unsafe fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 else { return errno != ENOENT }
    return named.st_ino == own.st_ino && named.st_dev == own.st_dev
  }

  /// Gives the file the number 1 and each older one the next; the oldest goes. The open descriptor stays with it.
  func shift() throws(Errno) {
    for number in (keep...AuditorFile.highestNumber).dropFirst() { unsafe unlinkat(directory, numbered(number), 0) }
    // After a crash half-way a number may be free: those above it stay where they are.
    var free = 1
    while free < keep && exists(numbered(free)) { free += 1 }
    for number in (1..<free).reversed() { try rename(numbered(number), numbered(number + 1)) }
    try rename(name, numbered(1))
    // Not every descriptor of a directory can do this; the names are then on the disk a little later.
    _ = fsync(directory)
  }

  private func rename(_ old: String, _ new: String) throws(Errno) {
    try unsafe check(renameat(directory, old, directory, new))
  }

  private func exists(_ name: String) -> Bool {
    var status = stat()
    return unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
  }

  private func numbered(_ number: Int) -> String { "\(name).\(number)" }

  private static func status(of descriptor: Int32) throws(Errno) -> stat {
    var status = stat()
    try unsafe check(fstat(descriptor, &status))
    return status
  }
}

import Glibc
import Linux

/// The files that an audit log consists of.
enum AuditFiles {
  /// Rotated files have numbers up to this.
  private static let highestNumber = 100
  /// Bytes of a key that count.
  private static let keyLimit = 64

  /// `path` and the older files beside it, the oldest first.
  static func segments(of path: String) -> [String] {
    let numbered = (1...highestNumber).reversed().map { (number: Int) in "\(path).\(number)" }
    let older = numbered.filter { (name: String) -> Bool in unsafe access(name, F_OK) == 0 }
    return older + [path]
  }

  /// Calls `body` with all bytes of a file, a piece at a time.
  static func read(_ path: String, _ body: ([UInt8]) -> Void) throws(Failure) {
    do throws(Errno) {
      // Without waiting: it might be a pipe.
      let file = try openFile(path, O_RDONLY | O_NONBLOCK)
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = try check(unsafe Glibc.read(file.raw, &buffer, buffer.count))
        if count == 0 { return }
        body(Array(buffer.prefix(count)))
      }
    } catch {
      throw Failure(message: "cannot read \(path): \(error)", status: 66)
    }
  }

  /// The key in a file, as carpd reads it: its first 64 bytes, without newlines at their end.
  static func key(_ path: String) throws(Failure) -> [UInt8] {
    var key: [UInt8] = []
    try read(path) { key += $0.prefix(max(0, keyLimit - key.count)) }
    while let last = key.last, last == 10 || last == 13 { key.removeLast() }
    if key.isEmpty { throw Failure(message: "the key file \(path) is empty", status: 65) }
    return key
  }
}

import ArgumentParser
import Configuration
import FoundationEssentials
import Glibc
import Linux

/// A file in TOML that one of carpctl's programs is configured by.
enum ConfigurationFile {
  /// Bytes that are read at most; the parser refuses a file that long.
  private static let limit = (1 << 20) + 1

  /// The content of a file; nil if it is not there and need not be.
  static func content(of path: String, mayBeMissing: Bool) throws(Failure) -> [UInt8]? {
    do throws(Errno) {
      let file = try openFile(path, O_RDONLY)
      var content: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while content.count < limit {
        let count = try check(unsafe read(file.raw, &buffer, buffer.count))
        if count == 0 { break }
        content += buffer.prefix(count)
      }
      return content
    } catch {
      if error.number == ENOENT && mayBeMissing { return nil }
      throw Failure(message: "cannot read \(path): \(error); name the file with --config", status: 66)
    }
  }

  /// The value, after printing what is to be warned of; or the errors as a failure.
  static func checked<Value>(_ result: (Value?, [Diagnostic])) throws(Failure) -> Value {
    let (value, diagnostics) = result
    guard let value else {
      throw Failure(
        message: "correct the file and start again", status: 78, details: diagnostics.map(\.description))
    }
    for diagnostic in diagnostics { Failure(message: "\(diagnostic)", status: 0).report() }
    return value
  }

  /// The environment as `NAME=VALUE`.
  static func environment() -> [String] {
    ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }.sorted()
  }
}

extension [String] {
  /// A command as it was captured: without the `--` that may stand before it.
  ///
  /// - Throws: if it begins with an option, which then nobody knew, or with one that asks for help with `command`.
  func asCommand(of command: any ParsableCommand.Type) throws -> [String] {
    guard let first else { return self }
    if first == "--" { return Array(dropFirst()) }
    if ["-h", "--help"].contains(first) { throw CleanExit.helpRequest(command) }
    if first.hasPrefix("-") { throw ValidationError("Unknown option '\(first)'") }
    return self
  }
}

@_exported public import Linux

/// A step of confinement that did not succeed; the process must not go on.
public struct ConfinementFailure: Error, Sendable, CustomStringConvertible {
  public let step: String
  public let errno: Errno
  public var description: String { "\(step): \(errno)" }
}

/// Runs one step and names it if it fails.
package func step(_ name: String, _ body: () throws(Errno) -> Void) throws(ConfinementFailure) {
  do { try body() } catch { throw ConfinementFailure(step: name, errno: error) }
}

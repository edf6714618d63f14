@_exported public import Linux

/// Runs one step of confinement and names it if it fails: the process must not go on then.
package func step(_ name: String, _ body: () throws(Errno) -> Void) throws(Errno) {
  do { try body() } catch { throw Errno(error.number, name) }
}

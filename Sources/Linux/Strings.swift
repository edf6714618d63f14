import Glibc

/// Calls `body` with a NULL-terminated array of C strings, as exec wants it.
public func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
  let copies = unsafe strings.map { unsafe strdup($0) }
  defer { for index in strings.indices { unsafe free(copies[index]) } }
  return unsafe body(copies + [nil])
}

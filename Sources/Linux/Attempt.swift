/// What `body` throws; nil if it succeeds.
public func attempt<Failure: Error>(_ body: () throws(Failure) -> Void) -> Failure? {
  do throws(Failure) { try body() } catch { return error }
  return nil
}

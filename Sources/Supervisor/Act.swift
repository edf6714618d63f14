import Linux

/// One privileged act, as it is recorded.
struct Act {
  enum Kind: UInt8 {
    case capabilityDrop = 1, spawn, childEnded, socket, linkMade, linkRemoved, linkSet, linkUp, linkDown, sysctl
    case addressAdded, addressDeleted, routeAdded, routeRemoved, announcement, denial, violation, reload, connection
    case bowOut, acquire, release, policy, stall, adopted
  }
  let kind: Kind
  let object: String
  let errno: Int32
  /// Nanoseconds it took.
  let duration: UInt64

  init(_ kind: Kind, _ object: String, errno: Int32 = 0, since start: UInt64? = nil) {
    self.kind = kind
    self.object = object
    self.errno = errno
    duration = start.map { EventLoop.now() - $0 } ?? 0
  }
}

/// Whether the leases of shared addresses keep two machines from holding them at once.
///
/// Each address is given to the kernel for the smallest whole number of seconds that exceeds the advertisement interval
/// by half a second, and the kernel takes up to 1.1 s more to remove it. A backup takes over after three times advbase
/// plus its own skew (CARP section 5).
struct LeasePromise {
  /// With more IPv6 addresses than this in one virtual host a renewal takes too long for the shortest lease.
  static let mostQuickIPv6 = 64

  var advbase: Int
  var advskew: Int

  /// The lease in seconds.
  var lease: Int { (256 * advbase + advskew + 128) / 256 + 1 }

  /// Text for the administrator if no backup is slow enough, whatever its advskew; nil otherwise.
  var warning: String? {
    // In units of 1/2560 s, which both 1.1 s and 254/256 s are whole numbers of.
    let gone = 2560 * lease + 2816
    let takenOver = 3 * 2560 * advbase + 2540
    guard gone > takenOver else { return nil }
    let remedy = advbase == 0 ? "advbase 1 and an advskew up to 127" : "an advskew up to 127, or advbase 2"
    return "if carpd is killed here, its addresses stay for up to \(lease) + 1.1 s, but a backup takes them after"
      + " \(3 * advbase) s and its advskew, so both may hold them for a moment; to exclude that use \(remedy)"
  }
}

/// How long a shared address lives without renewal: the supervisor goes by it, the config role tells of it.
public enum Lease {
  /// Between two advertisements, nanoseconds (CARP section 5.2).
  public static func interval(_ advbase: UInt8, _ advskew: UInt8) -> UInt64 {
    UInt64(advbase) * 1_000_000_000 + UInt64(advskew) * 1_000_000_000 / 256
  }

  /// Addresses of a family whose leases are extended with one advertisement: renewing an IPv6 address costs time in
  /// proportion to their number (measured: 264 ms for 1000), so many take several advertisements.
  public static func renewals(_ family: Family) -> Int { family == .ipv4 ? 512 : 64 }

  /// Seconds that each of so many addresses lives, with an advertisement `every` so many nanoseconds: the smallest whole
  /// number that exceeds the time between two renewals by half a second.
  public static func seconds(_ family: Family, addresses: Int, every interval: UInt64) -> UInt32 {
    let rounds = UInt64(max(1, (addresses + renewals(family) - 1) / renewals(family)))
    return UInt32(truncatingIfNeeded: (interval * rounds + 500_000_000) / 1_000_000_000 + 1)
  }
}

/// What an administrator configures of one group, as far as its election depends on it (CARP section 5.1).
public struct Parameters: Equatable, Sendable {
  /// 1...255.
  public var vhid: UInt8
  /// Seconds, 0...255.
  public var advbase: UInt8
  /// 1/256 seconds, 0...254; more than 240 is announced as 240.
  public var advskew: UInt8
  /// Whether this node, as BACKUP, takes the role from a worse master.
  public var preempt: Bool
  /// Whether the group has IPv4 addresses.
  public var ipv4: Bool
  /// Whether the group has IPv6 addresses.
  public var ipv6: Bool
  /// Whether neighbours know the addresses by the group's virtual MAC and not by the MASTER's own one.
  public var usesVirtualMAC = true
  /// Whether other groups of this machine share its fate.
  public var sharesFate = false
  /// Milliseconds that a worse master must be heard for before it is preempted.
  public var preemptDelay: UInt32 = 0
  /// Milliseconds within which three losses of the role hold preemption back, and for how long; 0 is off.
  public var damping: UInt32 = 0

  public init(vhid: UInt8, advbase: UInt8, advskew: UInt8, preempt: Bool, ipv4: Bool, ipv6: Bool) {
    self.vhid = vhid
    self.advbase = advbase
    self.advskew = advskew
    self.preempt = preempt
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }
}

import CARP
import Channel
import Election

/// One virtual host at work: its election and what its packets need.
final class Group {
  private(set) var host: HostConfiguration
  /// The interface it is on, which knows its groups too: a reload breaks the circle.
  let interface: Interface
  var election: Election
  private(set) var digests: DigestSets
  var counters: CounterSequence
  var echoes = EchoMemory()

  /// The request that asked for the addresses when the role was taken last.
  var acquireRequest: UInt32?
  /// The last advertisement of each family of which no failure was heard.
  var unfailed: [CARP.Family: UInt32] = [:]
  /// The families whose advertisements cannot be sent, from the first failure to the next success.
  var failing: Set<CARP.Family> = []
  var restoration = Restoration()
  /// Where the last advertisement came from that did not verify.
  var unverifiedSource: CARP.Address?
  /// The families reported silent at the moment.
  var silentFamilies: Set<CARP.Family> = []
  /// The other machines on the vhid.
  var peers = PeerTable()
  /// When somebody else's frame with the vhid's MAC address was last recorded, CLOCK_MONOTONIC in nanoseconds.
  var lastForeignFrame: UInt64?

  init(_ host: HostConfiguration, on interface: Interface, using generator: inout some RandomNumberGenerator) {
    self.host = host
    self.interface = interface
    election = Election(host.parameters)
    digests = DigestSets(host.authenticator)
    counters = CounterSequence(using: &generator)
  }

  /// The number it goes by on the channel.
  var index: UInt16 { host.group }
  var families: [CARP.Family] { host.families }

  /// A reload left it what it is, but for settings that need no new beginning. The caller tells the election.
  ///
  /// - Parameter transition: nanoseconds within which the other machines are reloaded as well.
  func reconfigure(_ host: HostConfiguration, at now: UInt64, transition: UInt64) {
    if !host.signs(like: self.host) {
      digests.change(to: host.authenticator, at: now, transition: transition)
    }
    self.host = host
  }

  /// Whether the old key and addresses have just been signed with for the last time: true once.
  func endsSigningWithOld(at now: UInt64) -> Bool { digests.endsSigningWithOld(at: now) }

  /// Whether `advertisement` is one of this group's own that came back. The source alone proves nothing.
  func isEcho(_ advertisement: Advertisement, from source: CARP.Address) -> Bool {
    (source.isUnspecified || source == interface.sources[source.family]) && echoes.contains(advertisement)
  }
}

extension HostConfiguration {
  fileprivate var authenticator: Authenticator {
    Authenticator(key: key, input: DigestInput(vhid: parameters.vhid, addresses: addresses.map(\.address)))
  }
}

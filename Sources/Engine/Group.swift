import CARP
import Channel
import Election

/// One virtual host at work: its election and what its packets need.
final class Group {
  private(set) var host: HostConfiguration
  /// The interface it is on, which knows its groups too: a reload breaks the circle.
  let interface: Interface
  var election: Election
  let authenticator: Authenticator
  var counters: CounterSequence
  var echoes = EchoMemory()

  /// The request that asked for the addresses last.
  var acquireRequest: UInt32?
  /// The last advertisement of each family of which no failure was heard.
  var unfailed: [CARP.Family: UInt32] = [:]
  /// Where the last advertisement came from that did not verify.
  var unverifiedSource: CARP.Address?
  /// The families reported silent at the moment.
  var silentFamilies: Set<CARP.Family> = []

  init(_ host: HostConfiguration, on interface: Interface, using generator: inout some RandomNumberGenerator) {
    self.host = host
    self.interface = interface
    election = Election(host.parameters)
    authenticator = Authenticator(
      key: host.key, input: DigestInput(vhid: host.parameters.vhid, addresses: host.addresses.map(\.address)))
    counters = CounterSequence(using: &generator)
  }

  /// The number it goes by on the channel.
  var index: UInt16 { host.group }
  var families: [CARP.Family] { host.families }

  /// A reload left it what it is, but for settings that need no new beginning. The caller tells the election.
  func reconfigure(_ host: HostConfiguration) {
    self.host = host
  }

  /// Whether `advertisement` is one of this group's own that came back. The source alone proves nothing.
  func isEcho(_ advertisement: Advertisement, from source: CARP.Address) -> Bool {
    (source.isUnspecified || source == interface.sources[source.family]) && echoes.contains(advertisement)
  }
}

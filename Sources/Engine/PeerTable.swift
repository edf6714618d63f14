import CARP

/// The other machines that were heard on a vhid, by source address: the latest, for people to look at.
struct PeerTable {
  struct Peer {
    let source: CARP.Address
    /// What was announced last.
    var advbase: UInt8
    var advskew: UInt8
    var demotion: UInt8
    /// CLOCK_MONOTONIC, nanoseconds.
    var lastSeen: UInt64
    var isVerified: Bool
  }

  static let capacity = 32
  private(set) var peers: [Peer] = []

  /// Takes note of an advertisement.
  mutating func heard(_ advertisement: Advertisement, from source: CARP.Address, isVerified: Bool, now: UInt64) {
    let peer = Peer(
      source: source, advbase: advertisement.advbase, advskew: advertisement.advskew,
      demotion: advertisement.demotion, lastSeen: now, isVerified: isVerified)
    if let index = peers.firstIndex(where: { $0.source == source }) {
      peers[index] = peer
    } else if peers.count < Self.capacity {
      peers.append(peer)
    } else if let index = dispensable {
      peers[index] = peer
    }
  }

  /// Who did not verify goes first, so that nobody without the key can crowd the others out; then the oldest.
  private var dispensable: Int? {
    peers.indices.min {
      (peers[$0].isVerified ? 1 : 0, peers[$0].lastSeen) < (peers[$1].isVerified ? 1 : 0, peers[$1].lastSeen)
    }
  }
}

public import CARP

/// Everything an election can be told.
public enum Event: Equatable, Sendable {
  /// The interface is up and has link.
  case linkUp
  /// The interface is down or has no link; unknown counts as none.
  case linkDown
  /// A peer's authenticated advertisement of this group, not an echo of an own one.
  case advertisement(Advertisement, from: Address)
  /// A well-formed advertisement of this group whose digest is wrong.
  case unverified(from: Address)
  /// The source address of this node's own advertisements in a family; nil if it has none.
  case ownSource(Family, Address?)
  /// The deadline has come. Harmless at any other time.
  case timer
  /// The sum of this node's demotions, which may be negative.
  case demotion(Int)
  /// An administrator asks for a state.
  case force(State)
  /// Maintenance begins (true) or ends.
  case maintenance(Bool)
  /// Take up a role that this node already holds: MASTER at once.
  case adopt
  /// The addresses could not be set after `Effect.acquire`.
  case acquireFailed
  /// A shared address was removed by somebody else, and restoring it was given up.
  case addressLost
  /// Another node sent a frame with the group's virtual MAC address.
  case foreignFrame
  /// This process, or the one that relays packets to it, slept for more than two intervals.
  case ranLate
  /// An advertisement could not be sent.
  case sendFailed
  /// An advertisement was sent.
  case sendSucceeded
  /// Take no role until then, because the machine has just started (rule Hold-down).
  case hold(until: Instant)
  /// All members of the group that shares its fate can serve, or not all (rule Shared fate).
  case fellowsAble(Bool)
  /// Another member of the group yielded.
  case yieldTogether
  /// All members of the group preempt now.
  case preemptTogether
  /// An orderly stop; nothing follows it.
  case stop
}

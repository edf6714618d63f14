// Rule Audible yield: a MASTER without a virtual MAC that hears a better one advertises a last time before it yields. The
// better one may never have heard it, when a partition healed a moment ago, and neighbours then know the addresses by this
// machine's MAC: it announces itself to whom it hears (rule Worse master). With a virtual MAC its advertisement has told
// the switches already. The BSDs yield in silence (CARP section 6).
extension Election {
  /// A tie is left in silence: a BSD would yield as well if it heard of it.
  func yieldAudibly(isWorse: Bool) -> [Effect] {
    isWorse && !parameters.usesVirtualMAC ? [advertise] : []
  }
}

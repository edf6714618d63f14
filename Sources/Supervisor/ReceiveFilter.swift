import Channel

/// The kernel's filters of the receiving sockets, in classic BPF: what is worth an election, what is left for
/// diagnosis, and which frames must not be. IPv4 sockets see the packet from the IP header on, IPv6 sockets from
/// behind it.
enum ReceiveFilter {
  private typealias Step = FilterInstruction
  private static let load8 = UInt16(BPF_LD | BPF_B | BPF_ABS)
  private static let load8Indexed = UInt16(BPF_LD | BPF_B | BPF_IND)
  private static let equal = UInt16(BPF_JMP | BPF_JEQ | BPF_K)
  private static let give = UInt16(BPF_RET | BPF_K)

  /// Passes 36 bytes or more of version 2 for a vhid of `groups`, with TTL 255 unless it has unicast peers (CARP
  /// section 4.1); for diagnosis, all but that.
  static func advertisements(_ groups: [PolicyGroup], _ family: Family, _ kind: SocketKind) -> [FilterInstruction] {
    let (accept, refuse): (UInt32, UInt32) = kind == .election ? (0xffff, 0) : (0, 0xffff)
    // X: length of the IP header, 0 where the socket does not show it. A: length of what is behind it.
    let header = family == .ipv4 ? UInt16(BPF_LDX | BPF_B | BPF_MSH) : UInt16(BPF_LDX | BPF_W | BPF_IMM)
    let begin = [Step(header), Step(UInt16(BPF_LD | BPF_W | BPF_LEN)), Step(UInt16(BPF_ALU | BPF_SUB | BPF_X))]
    let version = [
      Step(UInt16(BPF_JMP | BPF_JGE | BPF_K), 36, true: 1), Step(give, refuse),
      Step(load8Indexed, 0), Step(UInt16(BPF_ALU | BPF_AND | BPF_K), 0xf0), Step(equal, 0x20, true: 1),
      Step(give, refuse),
    ]
    // SKF_NET_OFF addresses the network header, wherever the socket's view begins: TTL at 8, hop limit at 7.
    let hops = UInt32(bitPattern: SKF_NET_OFF) + (family == .ipv4 ? 8 : 7)
    let isLocal = [Step(load8, hops), Step(equal, 255, true: 1), Step(give, refuse)]
    let vhid = Step(load8Indexed, 1)
    return begin + version + [vhid] + match(groups.filter { !$0.peers(family).isEmpty }, accept)
      + isLocal + [vhid] + match(groups.filter { $0.peers(family).isEmpty }, accept) + [Step(give, refuse)]
  }

  /// For a packet socket: frames from somebody else that bear one of our virtual MACs (00:00:5e:00:01:VHID) as source.
  /// Not those of another master: advertisements (protocol 112), ARP and neighbour discovery are the election's matter,
  /// and two masters that cannot verify each other would answer announcement with announcement for ever.
  static func foreignFrames(_ groups: [PolicyGroup]) -> [FilterInstruction] {
    [
      Step(UInt16(BPF_LD | BPF_W | BPF_ABS), 6), Step(equal, 0x0000_5e00, true: 1), Step(give, 0),
      Step(load8, 10), Step(equal, 1, true: 1), Step(give, 0),
      Step(UInt16(BPF_LD | BPF_H | BPF_ABS), 12), Step(equal, UInt32(ETH_P_ARP), false: 1), Step(give, 0),
      Step(equal, UInt32(ETH_P_IP), false: 3),
      Step(load8, 14 + 9), Step(equal, 112, false: 6), Step(give, 0),
      Step(equal, UInt32(ETH_P_IPV6), false: 4),
      Step(load8, 14 + 6), Step(equal, 112, true: 1), Step(equal, 58, false: 1), Step(give, 0),
      Step(load8, 11),
    ] + match(groups, 64) + [Step(give, 0)]
  }

  private static func match(_ groups: [PolicyGroup], _ verdict: UInt32) -> [FilterInstruction] {
    groups.flatMap { [Step(equal, UInt32($0.vhid), false: 1), Step(give, verdict)] }
  }
}

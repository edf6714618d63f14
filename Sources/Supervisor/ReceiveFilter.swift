import CLinux
import Channel
import Linux

/// The kernel's filters of the receiving sockets, in classic BPF: what is worth an election, and what is left for
/// diagnosis. IPv4 programs see the packet from the IP header on, IPv6 programs from behind it.
struct ReceiveFilter {
  /// vhids received by multicast: TTL must be 255.
  let multicast: [UInt8]
  /// vhids with a unicast peer: any TTL (CARP section 4.1).
  let unicast: [UInt8]

  private static let load8 = UInt16(BPF_LD | BPF_B | BPF_ABS)
  private static let load8Indexed = UInt16(BPF_LD | BPF_B | BPF_IND)
  private static let loadLength = UInt16(BPF_LD | BPF_W | BPF_LEN)
  private static let equal = UInt16(BPF_JMP | BPF_JEQ | BPF_K)
  private static let jump = UInt16(BPF_JMP | BPF_JA)
  private static let give = UInt16(BPF_RET | BPF_K)

  /// Passes 36 bytes or more of version 2 for a configured vhid with the right TTL; for diagnosis, all but that.
  func program(_ family: Family, _ kind: SocketKind) -> [FilterInstruction] {
    typealias Step = FilterInstruction
    let (accept, refuse): (UInt32, UInt32) = kind == .election ? (0xffff, 0) : (0, 0xffff)
    var steps: [Step] = []
    // X: length of the IP header, 0 where the socket does not show it.
    if family == .ipv4 {
      steps.append(Step(UInt16(BPF_LDX | BPF_B | BPF_MSH), 0))
      steps += [Step(ReceiveFilter.loadLength), Step(UInt16(BPF_ALU | BPF_SUB | BPF_X))]
    } else {
      steps += [Step(UInt16(BPF_LDX | BPF_W | BPF_IMM), 0), Step(ReceiveFilter.loadLength)]
    }
    steps += [
      Step(UInt16(BPF_JMP | BPF_JGE | BPF_K), 36, true: 1), Step(ReceiveFilter.give, refuse),
      Step(ReceiveFilter.load8Indexed, 0), Step(UInt16(BPF_ALU | BPF_AND | BPF_K), 0xf0),
      Step(ReceiveFilter.equal, 0x20, true: 1), Step(ReceiveFilter.give, refuse),
      Step(ReceiveFilter.load8Indexed, 1),
    ]
    for vhid in unicast {
      steps += [Step(ReceiveFilter.equal, UInt32(vhid), false: 1), Step(ReceiveFilter.give, accept)]
    }
    // Conditional jumps reach 255 steps only, hence a long jump behind each comparison.
    for (index, vhid) in multicast.enumerated() {
      let rest = UInt32((multicast.count - index - 1) * 2 + 1)
      steps += [Step(ReceiveFilter.equal, UInt32(vhid), false: 1), Step(ReceiveFilter.jump, rest)]
    }
    steps.append(Step(ReceiveFilter.give, refuse))
    // SKF_NET_OFF addresses the network header, wherever the socket's view begins: TTL at 8, hop limit at 7.
    let networkOffset = UInt32(bitPattern: SKF_NET_OFF) + (family == .ipv4 ? 8 : 7)
    steps += [
      Step(ReceiveFilter.load8, networkOffset), Step(ReceiveFilter.equal, 255, false: 1),
      Step(ReceiveFilter.give, accept), Step(ReceiveFilter.give, refuse),
    ]
    return steps
  }

  /// For a packet socket: frames from somebody else that bear one of our virtual MACs (00:00:5e:00:01:VHID) as source.
  /// Not those of another master: advertisements (protocol 112), ARP and neighbour discovery are the election's matter,
  /// and two masters that cannot verify each other would answer announcement with announcement for ever.
  static func foreignFrames(_ vhids: [UInt8]) -> [FilterInstruction] {
    typealias Step = FilterInstruction
    let load16 = UInt16(BPF_LD | BPF_H | BPF_ABS)
    var steps = [
      Step(UInt16(BPF_LD | BPF_W | BPF_ABS), 6), Step(equal, 0x0000_5e00, true: 1), Step(give, 0),
      Step(load8, 10), Step(equal, 1, true: 1), Step(give, 0),
      Step(load16, 12), Step(equal, UInt32(ETH_P_ARP), false: 1), Step(give, 0),
      Step(equal, UInt32(ETH_P_IP), false: 3),
      Step(load8, 14 + 9), Step(equal, 112, false: 6), Step(give, 0),
      Step(equal, UInt32(ETH_P_IPV6), false: 4),
      Step(load8, 14 + 6), Step(equal, 112, true: 1), Step(equal, 58, false: 1), Step(give, 0),
      Step(load8, 11),
    ]
    for vhid in vhids { steps += [Step(equal, UInt32(vhid), false: 1), Step(give, 64)] }
    steps.append(Step(give, 0))
    return steps
  }
}

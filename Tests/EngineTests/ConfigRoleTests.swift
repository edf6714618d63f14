import Channel
import Glibc
import Testing

@testable import Engine

extension EngineTests {
  @Suite struct ConfigRoleTests {
    private func run(_ text: String, mode: mode_t = 0o640) throws -> (status: Int32, packets: [Packet]) {
      var name = Array("/tmp/carpd-test-XXXXXX".utf8CString)
      let file = mkstemp(&name)
      try #require(file >= 0)
      unlink(name)
      defer { close(file) }
      fchmod(file, mode)
      try #require(write(file, text, text.utf8.count) == text.utf8.count)
      lseek(file, 0, SEEK_SET)
      var pair: [Int32] = [-1, -1]
      try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &pair) == 0)
      defer { close(pair[0]) }
      // Leave to begin.
      try #require(send(pair[0], [0], 1, 0) == 1)
      let status = ConfigRole.run(file: file, channel: pair[1])
      close(pair[1])
      var packets: [Packet] = []
      var buffer = [UInt8](repeating: 0, count: Packet.capacity)
      while case let count = recv(pair[0], &buffer, buffer.count, 0), count > 0 {
        packets.append(try Packet(bytes: Array(buffer.prefix(count))))
      }
      try #require(packets.first?.type == .ready)
      return (status, Array(packets.dropFirst()))
    }

    private let example = """
      [daemon]
      preempt = true
      [[virtual-host]]
      interface = "eth0"
      vhid = 1
      advskew = 100
      password = "testpass"
      addresses = ["192.0.2.1/24", "2001:db8::1/64"]
      [[virtual-host]]
      interface = "eth1"
      vhid = 1
      password-file = "eth1.pass"
      addresses = ["198.51.100.1/24"]
      peers = ["198.51.100.102"]
      [[virtual-host]]
      interface = "eth0"
      vhid = 2
      preempt = false
      password-hex = "0102"
      addresses = ["192.0.2.2/24"]
      """

    @Test func configurationBecomesMessages() throws {
      let (status, packets) = try run(example)
      #expect(status == 0)
      let hosts = packets.compactMap {
        if case .virtualHost(let group, let interface, let host) = $0.message {
          NumberedHost(group: group, interface: interface, host: host)
        } else {
          nil
        }
      }
      #expect(hosts.map(\.group) == [0, 1, 2] && hosts.map(\.interface) == [0, 1, 0])
      #expect(hosts.map(\.secretKind) == [.key, .file, .key] && hosts.map(\.preempt) == [true, true, false])
      #expect(hosts.map(\.secret) == [Array("testpass".utf8), Array("eth1.pass".utf8), [1, 2]])
      #expect(hosts.map(\.mac) == [.virtual, .interface, .virtual])
      let addresses = packets.compactMap {
        if case .address(let group, let address) = $0.message { (group, address) } else { nil }
      }
      #expect(
        addresses.map { "\($0) \($1.address)/\($1.prefix)" } == [
          "0 192.0.2.1/24", "0 2001:db8::1/64", "1 198.51.100.1/24", "1 198.51.100.102/0", "2 192.0.2.2/24",
        ])
      #expect(addresses.map(\.1.isPeer) == [false, false, false, true, false])
      #expect(packets.last?.message == .commit(groups: 3, generation: 0))
    }

    @Test func whatWillBeDoneIsDescribed() throws {
      let plan = try run(example).packets.compactMap {
        if case .diagnostic(.info, let line, _, let text) = $0.message { "\(line): \(text)" } else { nil }
      }
      #expect(
        plan == [
          "3: vhid 1 on eth0: advbase 1 advskew 100, 2 addresses, virtual MAC, multicast, IPv4 lease 2 s, IPv6 lease 2 s",
          "9: vhid 1 on eth1: advbase 1 advskew 0, 1 address, the interface's MAC, unicast to 198.51.100.102, IPv4 lease 2 s",
          "15: vhid 2 on eth0: advbase 1 advskew 0, 1 address, virtual MAC, multicast, IPv4 lease 2 s",
        ])
    }

    @Test func messagesAreWhatTheEngineTakes() throws {
      var assembly = PolicyAssembly(Settings())
      for packet in try run(example).packets {
        switch packet.message {
        case .virtualHost(let group, let interface, var host):
          // As the supervisor does once it has read the file.
          if host.secretKind == .file { (host.secretKind, host.secret) = (.key, [7]) }
          assembly.add(host, group: group, interface: interface)
        case .address(let group, let address): assembly.add(address, to: group)
        default: break
        }
      }
      let hosts = try #require(assembly.configurations(3))
      #expect(hosts.map(\.families) == [[.ipv4, .ipv6], [.ipv4], [.ipv4]])
      #expect(hosts[1].peers.map(\.description) == ["198.51.100.102"])
      #expect(assembly.configurations(2) == nil)
    }

    @Test func tracksGroupsAndTimesAreSent() throws {
      let text = """
        [daemon]
        start-hold = "1s"
        preempt-delay = "2s"
        transition = "3s"
        flap-damping = "4s"
        ifdown-demotion = 5
        senderr-demotion = 6
        [[track]]
        interface = "ppp0"
        demotion = 7
        [[track]]
        interface = "eth0"
        [[group]]
        name = "g"
        members = ["eth0-1", "eth0-2"]

        """
      let host = { (number: Int) in
        "[[virtual-host]]\ninterface = \"eth0\"\nvhid = \(number)\naddresses = [\"192.0.2.\(number)/24\"]\n"
      }
      let packets = try run(text + host(1) + host(2) + host(3)).packets
      let messages = packets.map(\.message)
      let settings = messages.compactMap { if case .settings(let settings) = $0 { settings } else { nil } }
      #expect(
        settings.map { [$0.startHold, $0.preemptDelay, $0.transition, $0.damping] } == [[1000, 2000, 3000, 4000]])
      #expect(settings.map { [$0.linkDemotion, $0.sendDemotion] } == [[5, 6]])
      let fates = messages.compactMap { if case .virtualHost(_, _, let host) = $0 { host.fate } else { nil } }
      #expect(fates == ["g", "g", ""])
      #expect(messages.contains(.track(interface: 1, name: "ppp0", demotion: 7)))
      #expect(messages.contains(.track(interface: 0, name: "eth0", demotion: 240)))
    }

    @Test func mistakesAreReportedAndNothingElse() throws {
      let (status, packets) = try run("[daemon]\npreempt = 1\nbogus = 2\n")
      #expect(status == 1)
      #expect(packets.count >= 2 && packets.allSatisfy { $0.type == .diagnostic })
      #expect(
        packets.contains {
          if case .diagnostic(.error, 2, _, let text) = $0.message { !text.isEmpty } else { false }
        })
    }

    @Test func passwordInAFileForEverybodyIsSaid() throws {
      let (_, packets) = try run(example, mode: 0o644)
      let levels = packets.compactMap { if case .diagnostic(let level, _, _, _) = $0.message { level } else { nil } }
      #expect(levels.contains(.error) || levels.contains(.warning))
    }

    @Test func longFindingsAreCut() throws {
      let name = String(repeating: "ü", count: 600)
      let (_, packets) = try run("[daemon]\n\"\(name)\" = 1\n")
      let texts = packets.compactMap { if case .diagnostic(_, _, _, let text) = $0.message { text } else { nil } }
      #expect(!texts.isEmpty && texts.allSatisfy { $0.utf8.count <= 480 && !$0.contains("\u{fffd}") })
    }

    @Test func endlessFileIsRefused() throws {
      #expect(try run(String(repeating: "#", count: 2 << 20)).status == 1)
    }
  }
}

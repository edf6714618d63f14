import Foundation
import Testing

@testable import Configuration

struct SchemaTests {
  /// A file with every key, and nothing to complain about.
  static let everything = """
    [daemon]
    preempt = true
    admin-group = "wheel"
    read-group = "adm"

    [audit]
    log = "/srv/audit.jsonl"
    key-file = "audit-key"
    max-size = 65_536
    keep = 3
    on-failure = "deny"

    [[virtual-host]]
    interface = "eth0"
    vhid = 1
    advbase = 2
    advskew = 100
    preempt = false
    password = "testpass"
    addresses = ["192.0.2.1/24", "2001:db8::1/64"]
    mac = "interface"
    peers = ["192.0.2.102", "2001:db8::102"]

    [[virtual-host]]
    interface = "eth1"
    vhid = 1
    password-hex = "00ff"
    addresses = ["198.51.100.1/32"]

    [[virtual-host]]
    interface = "eth1"
    vhid = 255
    password-file = "vhid255"
    addresses = ["198.51.100.2/24"]

    [[virtual-host]]
    interface = "eth1"
    vhid = 2
    credential = "vhid2"
    addresses = ["198.51.100.3/24"]
    """

  @Test func everyKeyIsRead() throws {
    let (configuration, diagnostics) = Golden.parse(Self.everything)
    #expect(
      diagnostics == [
        "f:27:16: warning: FreeBSD cannot configure a key whose first byte is zero; choose another one if FreeBSD"
          + " machines take part"
      ])
    let read = try #require(configuration)
    #expect(read.daemon == Configuration.Daemon(preempt: true, adminGroup: "wheel", readGroup: "adm"))
    #expect(
      read.audit
        == Configuration.Audit(
          log: "/srv/audit.jsonl", keyFile: "audit-key", credential: nil, maxSize: 65536, keep: 3, onFailure: .deny))
    #expect(read.virtualHosts.map(\.vhid) == [1, 1, 255, 2])
    #expect(
      read.virtualHosts.map(\.secret) == [
        .password(Array("testpass".utf8)), .hex([0, 255]), .file("vhid255"), .credential("vhid2"),
      ])
    let first = read.virtualHosts[0]
    #expect(first.interface == "eth0")
    #expect(first.interfacePosition == Position(line: 14, column: 13))
    #expect(first.advbase == 2)
    #expect(first.advskew == 100)
    #expect(first.preempt == false)
    #expect(first.mac == .interface)
    #expect(first.peers == [.ipv4(0xC000_0266), .ipv6(high: 0x2001_0DB8_0000_0000, low: 0x102)])
    #expect(first.addresses.map(\.description) == ["192.0.2.1/24", "2001:db8::1/64"])
    #expect(first.addresses[1].position == Position(line: 20, column: 30))
    #expect(first.position == Position(line: 13, column: 1))
  }

  @Test func defaults() throws {
    let (configuration, diagnostics) = Golden.parse(Golden.host())
    #expect(diagnostics == [])
    let read = try #require(configuration)
    #expect(read.daemon == Configuration.Daemon(preempt: false, adminGroup: nil, readGroup: nil))
    #expect(
      read.audit
        == Configuration.Audit(
          log: "/var/log/carpd/audit.jsonl", keyFile: nil, credential: nil, maxSize: 16_777_216, keep: 8,
          onFailure: .allow))
    let host = try #require(read.virtualHosts.first)
    #expect(host.advbase == 1)
    #expect(host.advskew == 0)
    #expect(host.preempt == nil)
    #expect(host.mac == .virtual)
    #expect(host.peers == [])
  }

  @Test func peersMakeTheInterfaceMACTheDefault() {
    #expect(Golden.parse(Golden.host("peers = [\"192.0.2.102\"]")).0?.virtualHosts.first?.mac == .interface)
  }

  @Test func secretsAreNotShown() throws {
    let host = try #require(Golden.parse(Self.everything).0?.virtualHosts.first)
    #expect(!String(describing: host).contains("116"))
    #expect("\(host.secret)" == "password")
  }

  @Test func missingKeys() {
    #expect(
      Golden.parse("[[virtual-host]]\npassword-file = 'x'").1 == [
        "f:1:1: error: this virtual host has no interface; add interface = \"eth0\"",
        "f:1:1: error: this virtual host has no vhid; add vhid = 1",
        "f:1:1: error: this virtual host has no addresses; add addresses = [\"192.0.2.1/24\"]",
      ])
  }

  @Test func severalErrorsInOneRun() {
    let (configuration, diagnostics) = Golden.parse(
      "[audit]\nkeep = 0\n" + Golden.host(interface: "\"\"", vhid: "0", addresses: "[\"x\", \"::1/128\"]", "mac = 1"))
    #expect(configuration == nil)
    #expect(
      diagnostics.map { String($0.prefix { $0 != " " }) } == [
        "f:2:8:", "f:4:13:", "f:5:8:", "f:7:14:", "f:7:19:", "f:8:7:",
      ])
  }

  static let warnings: [Golden] = [
    Golden("", "1:1: warning: there is no virtual host, so carpd has nothing to do; add a [[virtual-host]]"),
    Golden(
      Golden.host(secret: ""),
      """
      1:1: warning: this virtual host has no password, so every machine on the network can take its addresses over; set\
       password-file
      """
    ),
    Golden(
      Golden.host(secret: "password = \"12345678901234567890\""),
      """
      4:12: warning: FreeBSD and UCarp use at most 19 bytes of a password, and this has 20; shorten it if they take\
       part
      """
    ),
    Golden(
      Golden.host("advskew = 128"),
      """
      6:11: warning: if carpd is killed here, its addresses stay for up to 3 + 1.1 s, but a backup takes them after 3 s\
       and its advskew, so both may hold them for a moment; to exclude that use an advskew up to 127, or advbase 2
      """
    ),
    Golden(
      Golden.host("advbase = 0\nadvskew = 1"),
      """
      7:11: warning: if carpd is killed here, its addresses stay for up to 1 + 1.1 s, but a backup takes them after 0 s\
       and its advskew, so both may hold them for a moment; to exclude that use advbase 1 and an advskew up to 127
      """
    ),
    Golden(
      Golden.host(addresses: "[" + (1...65).map { "\"2001:db8::\($0)/64\"" }.joined(separator: ",") + "]"),
      """
      5:14: warning: 65 IPv6 addresses in one virtual host; with more than 64 their leases are longer, so after a crash\
       they stay longer; use several virtual hosts if that matters
      """
    ),
  ]

  @Test(arguments: warnings) func warningsAreExact(golden: Golden) {
    let (configuration, diagnostics) = Golden.parse(golden.text)
    #expect(configuration != nil)
    #expect(diagnostics == ["f:" + golden.expected])
  }

  @Test func noWarningWhereTheLeaseHolds() {
    for interval in ["advskew = 127", "advbase = 2\nadvskew = 254", "advbase = 255\nadvskew = 254"] {
      #expect(Golden.parse(Golden.host(interval)).1 == [])
    }
  }

  @Test func passwordsInAReadableFile() {
    let (configuration, diagnostics) = Golden.parse(Self.everything, worldReadable: true)
    #expect(configuration == nil)
    #expect(
      diagnostics.filter { $0.contains("error") }
        == ["f:19:1", "f:27:1"].map {
          $0
            + ": error: everybody can read this password, as everybody can read the file; run chmod 0640 and chgrp carpd"
            + " on the file, or use password-file"
        })
    #expect(Golden.parse(Golden.host(), worldReadable: true).1 == [])
  }

  @Test func amountsAreLimited() {
    func addresses(_ count: Int, from start: Int = 0) -> String {
      "[" + (start..<start + count).map { "\"10.0.\($0 / 256).\($0 % 256)/16\"" }.joined(separator: ",") + "]"
    }
    func first(_ text: String) -> String? { Golden.parse(text).1.first.map { String($0.drop { $0 != " " }) } }
    #expect(Golden.parse(Golden.host(addresses: addresses(4096))).1 == [])
    #expect(
      first(Golden.host(addresses: addresses(4097)))
        == " error: this is one address more than the 4096 that a virtual host takes; add another virtual host")
    let full = Golden.host(addresses: addresses(4096)) + Golden.host(vhid: "2", addresses: addresses(4096, from: 4096))
    #expect(Golden.parse(full).1 == [])
    #expect(
      first(full + Golden.host(vhid: "3", addresses: addresses(1, from: 8192)))
        == " error: this is one address more than the 8192 that carpd takes; remove some")
    let hosts = (0..<512).map {
      Golden.host(interface: "\"eth\($0)\"", addresses: addresses(1, from: $0))
    }.joined()
    #expect(Golden.parse(hosts).1 == [])
    #expect(
      first(hosts + Golden.host(addresses: addresses(1, from: 512)))
        == " error: this is one virtual host more than the 512 that carpd takes; put more addresses into one")
    let peers = (1...33).map { "\"192.0.2.\($0 + 9)\"" }.joined(separator: ",")
    #expect(
      first(Golden.host("peers = [\(peers)]"))
        == " error: this is one peer more than the 32 that a virtual host takes; leave peers out to use multicast")
  }

  @Test func diagnosticsAreLimited() {
    let (configuration, diagnostics) = Golden.parse((0..<1000).map { "x\($0) = 0\n" }.joined())
    #expect(configuration == nil)
    #expect(diagnostics.count == 102)
    #expect(diagnostics.last == "f:100:1: error: there are more errors; correct those above first")
  }

  @Test func exampleIsAccepted() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("conf/carpd.toml")
    let (configuration, diagnostics) = Configuration.parse(
      Array(try Data(contentsOf: file)), fileName: "carpd.toml", worldReadable: false)
    #expect(diagnostics == [])
    let hosts = try #require(configuration).virtualHosts
    #expect(hosts.map(\.vhid) == [1, 2])
    #expect(hosts.map(\.advskew) == [100, 100])
    #expect(hosts.flatMap(\.addresses).map(\.description) == ["192.0.2.1/24", "2001:db8::1/64"])
  }
}

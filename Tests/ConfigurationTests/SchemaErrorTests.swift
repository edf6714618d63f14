import Testing

@testable import Configuration

/// The exact words of every error the schema knows.
struct SchemaErrorTests {
  static let tables: [Golden] = [
    Golden("[deamon]", "1:2: error: unknown key 'deamon'; did you mean 'daemon'?"),
    Golden("[logging]", "1:2: error: unknown key 'logging'; the file has daemon, audit, track, group, virtual-host"),
    Golden("daemon = 1", "1:10: error: daemon must be a table, not an integer; write [daemon], once"),
    Golden("[[audit]]", "1:1: error: audit must be a table, not an array; write [audit], once"),
    Golden(
      "[virtual-host]",
      "1:1: error: virtual-host must be an array of tables, not a table; write [[virtual-host]], with two brackets"
    ),
    Golden("virtual-host = [1]", "1:17: error: virtual-host must be a table, not an integer; write [[virtual-host]]"),
    Golden("a = [", "1:5: error: this array does not end; close it with ]"),
  ]

  @Test(arguments: tables) func tablesErrors(golden: Golden) {
    golden.expectAlone()
  }

  static let daemon: [Golden] = [
    Golden(
      "[daemon]\npreempt = 1",
      "2:11: error: preempt must be a boolean, not an integer; write true or false, without quotes"
    ),
    Golden(
      "[daemon]\nadmin-group = \"a b\"",
      "2:15: error: admin-group is 'a b'; write the name of a group, 1...32 letters, digits, '-', '_' or '.'"
    ),
    Golden(
      "[daemon]\nread-group = 1979-05-27",
      "2:14: error: read-group must be a string, not a date or time; write read-group = \"...\""
    ),
  ]

  @Test(arguments: daemon) func daemonErrors(golden: Golden) {
    golden.expectAlone()
  }

  static let audit: [Golden] = [
    Golden(
      "[audit]\nlog = \"audit.jsonl\"",
      "2:7: error: log is 'audit.jsonl'; write the absolute path of a file, as /var/log/carpd/audit.jsonl"
    ),
    Golden(
      "[audit]\nlog = \"/var/../etc/x\"",
      "2:7: error: log is '/var/../etc/x'; write the absolute path of a file, as /var/log/carpd/audit.jsonl"
    ),
    Golden(
      "[audit]\nlog = \"/var/\"",
      "2:7: error: log is '/var/'; write the absolute path of a file, as /var/log/carpd/audit.jsonl"
    ),
    Golden(
      "[audit]\nlog = \"/var/\(String(repeating: "x", count: 129))\"",
      "2:7: error: log is too long; write a path of at most 255 bytes whose last part has at most 128"
    ),
    Golden(
      "[audit]\ncredential = \"a\"\nkey-file = \"b\"",
      "3:1: error: 'key-file' excludes 'credential' at line 2, column 1; keep one of the two"
    ),
    Golden("[audit]\nmax-size = 1000", "2:12: error: max-size is 1000; it must be within 65536...1073741824 bytes"),
    Golden("[audit]\nkeep = 0", "2:8: error: keep is 0; it must be within 1...100 files"),
    Golden("[audit]\non-failure = \"stop\"", "2:14: error: on-failure is 'stop'; write \"allow\" or \"deny\""),
  ]

  @Test(arguments: audit) func auditErrors(golden: Golden) {
    golden.expectAlone()
  }

  static let virtualHosts: [Golden] = [
    Golden(
      Golden.host(interface: "1"), "2:13: error: interface must be a string, not an integer; write interface = \"...\""),
    Golden(
      Golden.host(interface: "\"../etc\""),
      """
      2:13: error: interface is '../etc', which no interface can be called; write a name as \"ip link\" shows it, at\
       most 15 bytes
      """
    ),
    Golden(
      Golden.host(interface: "\"enp0s31f6.123456\""),
      """
      2:13: error: interface is 'enp0s31f6.123456', which no interface can be called; write a name as \"ip link\" shows\
       it, at most 15 bytes
      """
    ),
    Golden(
      Golden.host(interface: "\"\\u001b[31m\""),
      """
      2:13: error: interface is '\\u{1b}[31m', which no interface can be called; write a name as \"ip link\" shows it,\
       at most 15 bytes
      """
    ),
    Golden(Golden.host(vhid: "0"), "3:8: error: vhid is 0; it must be within 1...255"),
    Golden(Golden.host(vhid: "256"), "3:8: error: vhid is 256; it must be within 1...255"),
    Golden(
      Golden.host(vhid: "\"1\""),
      "3:8: error: vhid must be an integer, not a string; write a number without quotes or fraction"
    ),
    Golden(Golden.host("advbase = 256"), "6:11: error: advbase is 256; it must be within 0...255 seconds"),
    Golden(Golden.host("advskew = 255"), "6:11: error: advskew is 255; it must be within 0...254, in 1/256 second"),
    Golden(Golden.host("advskw = 100"), "6:1: error: unknown key 'advskw'; did you mean 'advskew'?"),
    Golden(Golden.host("pass = \"x\""), "6:1: error: unknown key 'pass'; did you mean 'password'?"),
    Golden(
      Golden.host("advbase = 0"),
      "6:11: error: advskew must be at least 1 when advbase is 0; with both 0 there is no time between advertisements"
    ),
    Golden(
      Golden.host("password-file = \"x\""),
      "6:1: error: 'password-file' excludes 'credential' at line 4, column 1; keep one of the two"
    ),
    Golden(
      Golden.host(secret: "password = \"\""),
      "4:12: error: the password has 0 bytes; write 1...20, or 1...19 to be understood by FreeBSD and UCarp"
    ),
    Golden(
      Golden.host(secret: "password = \"123456789012345678901\""),
      "4:12: error: the password has 21 bytes; write 1...20, or 1...19 to be understood by FreeBSD and UCarp"
    ),
    Golden(
      Golden.host(secret: "password = \"a\\u0000b\""),
      "4:12: error: a password cannot contain a zero byte; use password-hex for binary keys"
    ),
    Golden(
      Golden.host(secret: "password-hex = \"abc\""),
      """
      4:16: error: password-hex must be 2...40 hexadecimal digits, two for each byte; write for example the output of:\
       openssl rand -hex 19
      """
    ),
    Golden(
      Golden.host(secret: "password-hex = \"xy\""),
      """
      4:16: error: password-hex must be 2...40 hexadecimal digits, two for each byte; write for example the output of:\
       openssl rand -hex 19
      """
    ),
    Golden(
      Golden.host(secret: "password-file = \"/etc/secret\""),
      """
      4:17: error: password-file is '/etc/secret'; write the plain name, 1...64 bytes, without '/' or blanks and not\
       starting with '.'
      """
    ),
    Golden(
      Golden.host(secret: "credential = \"..\""),
      """
      4:14: error: credential is '..'; write the plain name, 1...64 bytes, without '/' or blanks and not starting with\
       '.'
      """
    ),
  ]

  @Test(arguments: virtualHosts) func virtualHostsErrors(golden: Golden) {
    golden.expectAlone()
  }

  static let addresses: [Golden] = [
    Golden(
      Golden.host(addresses: "[]"), "5:13: error: addresses is empty; write at least one address, as [\"192.0.2.1/24\"]"
    ),
    Golden(
      Golden.host(addresses: "\"192.0.2.1/24\""),
      "5:13: error: addresses must be an array, not a string; write addresses = [...], even for a single one"
    ),
    Golden(
      Golden.host(addresses: "[1]"), "5:14: error: an address must be a string, not an integer; write \"192.0.2.1/24\""),
    Golden(
      Golden.host(addresses: "[\"192.0.2.1\"]"),
      "5:14: error: '192.0.2.1' has no prefix length; write \"192.0.2.1/24\", with the length that the network has"
    ),
    Golden(
      Golden.host(addresses: "[\"192.0.2.1/33\"]"),
      "5:14: error: the prefix length of '192.0.2.1/33' is wrong; write one within 1...32"
    ),
    Golden(
      Golden.host(addresses: "[\"2001:db8::1/0\"]"),
      "5:14: error: the prefix length of '2001:db8::1/0' is wrong; write one within 1...128"
    ),
    Golden(
      Golden.host(addresses: "[\"192.0.2.01/24\"]"),
      "5:14: error: '192.0.2.01/24' is no address; write it as \"192.0.2.1/24\" or \"2001:db8::1/64\""
    ),
    Golden(Golden.host(addresses: "[\"0.0.0.0/24\"]"), Golden.unusable("0.0.0.0", "the unspecified address")),
    Golden(
      Golden.host(addresses: "[\"255.255.255.255/32\"]"), Golden.unusable("255.255.255.255", "the broadcast address")),
    Golden(Golden.host(addresses: "[\"224.0.0.18/24\"]"), Golden.unusable("224.0.0.18", "a multicast address")),
    Golden(Golden.host(addresses: "[\"127.0.0.1/8\"]"), Golden.unusable("127.0.0.1", "a loopback address")),
    Golden(Golden.host(addresses: "[\"::/64\"]"), Golden.unusable("::", "the unspecified address")),
    Golden(Golden.host(addresses: "[\"::1/128\"]"), Golden.unusable("::1", "a loopback address")),
    Golden(Golden.host(addresses: "[\"ff02::12/64\"]"), Golden.unusable("ff02::12", "a multicast address")),
    Golden(
      Golden.host(addresses: "[\"::ffff:192.0.2.1/96\"]"),
      Golden.unusable("::ffff:192.0.2.1", "an IPv4 address in IPv6 form")),
    Golden(
      Golden.host(addresses: "[\"2001:db8::1/64\", \"2001:DB8::0:1/64\"]"),
      "5:32: error: address 2001:db8::1 is already shared at line 5, column 14; remove one of the two"
    ),
    Golden(
      Golden.host() + Golden.host(interface: "\"eth1\"", addresses: "[\"192.0.2.1/32\"]"),
      "11:14: error: address 192.0.2.1 is already shared at line 5, column 14; remove one of the two"
    ),
    Golden(
      Golden.host() + Golden.host(addresses: "[\"192.0.2.2/24\"]"),
      """
      9:8: error: vhid 1 on 'eth0' is already used at line 3, column 8; choose another vhid, or put the addresses\
       together
      """
    ),
  ]

  @Test(arguments: addresses) func addressesErrors(golden: Golden) {
    golden.expectAlone()
  }

  static let peers: [Golden] = [
    Golden(Golden.host("mac = \"own\""), "6:7: error: mac is 'own'; write \"virtual\" or \"interface\""),
    Golden(
      Golden.host("peers = [\"192.0.2.9\"]\nmac = \"virtual\""),
      """
      7:7: error: mac \"virtual\" does not go with peers, as CARP over unicast uses the interface's MAC; write\
       mac = \"interface\" or leave mac out, or remove peers
      """
    ),
    Golden(
      Golden.host("peers = [\"2001:db8::9\"]"),
      """
      6:10: error: peer 2001:db8::9 is of the wrong family, as the virtual host shares no IPv6 address; write the\
       peer's IPv4 address
      """
    ),
    Golden(
      Golden.host("peers = [\"192.0.2.1\"]"),
      "6:10: error: peer 192.0.2.1 is a shared address, see line 5, column 14; write the other machine's own address"
    ),
    Golden(
      Golden.host("peers = [\"224.0.0.18\"]"),
      "6:10: error: peer 224.0.0.18 is a multicast address; write the other machine's own address"
    ),
    Golden(
      Golden.host("peers = [\"192.0.2.9\", \"192.0.2.9\"]"),
      "6:23: error: peer 192.0.2.9 is already there at line 6, column 10; remove one"
    ),
    Golden(
      Golden.host("peers = [\"192.0.2.9/24\"]"),
      """
      6:10: error: '192.0.2.9/24' is no peer; write the other machine's own address, without prefix length, as\
       \"192.0.2.102\"
      """
    ),
    Golden(Golden.host("peers = [9]"), "6:10: error: a peer must be a string, not an integer; write \"192.0.2.102\""),
  ]

  @Test(arguments: peers) func peersErrors(golden: Golden) {
    golden.expectAlone()
  }
}

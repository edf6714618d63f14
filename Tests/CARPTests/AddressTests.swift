import CARP
import Testing

@Suite("Addresses")
struct AddressTests {
  @Test(arguments: [
    ("0.0.0.0", "0.0.0.0"), ("192.0.2.1", "192.0.2.1"), ("255.255.255.255", "255.255.255.255"),
    ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
    // RFC 5952 section 4.2.2: one zero group is not shortened; 4.2.3: the longest run, the first of equals.
    ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("0:0:1:2:3:4:5:6", "::1:2:3:4:5:6"),
    ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"), ("2001:0db8::0001", "2001:db8::1"),
    ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("::ffff:c000:201", "::ffff:192.0.2.1"),
    ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("ff02::12", "ff02::12"),
    ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
  ])
  func textIsReadAndWrittenCanonically(_ text: String, _ canonical: String) throws {
    let address = try #require(Address(text))
    #expect(address.description == canonical)
    #expect(Address(canonical) == address)
    #expect(Address(bytes: address.bytes) == address)
  }

  @Test(arguments: [
    "", ".", ":", ":::", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1..3.4", "1.2.3.4 ", "+1.2.3.4",
    "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "12345::", "g::",
    "1:2:3:4:5:6:7::8", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0",
    "2001:db8::1/64", "1:::2", "::1\u{0}", String(repeating: "0", count: 4000),
  ])
  func otherTextIsRefused(_ text: String) {
    #expect(Address(text) == nil)
  }

  @Test func otherSizesAreRefused() {
    for count in 0...20 where count != 4 && count != 16 {
      #expect(Address(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }
  }

  @Test func orderIsTheDigestsOrder() {
    let ordered = ["0.0.0.0", "9.255.255.255", "10.0.0.2", "10.0.0.10", "127.0.0.1", "128.0.0.1", "::", "0:0:0:1::"]
    #expect(ordered.map { Address($0)! }.reversed().sorted().map(\.description) == ordered)
  }

  @Test func onlyZeroIsUnspecified() {
    #expect(Address("0.0.0.0")!.isUnspecified)
    #expect(Address("::")!.isUnspecified)
    #expect(!Address("0.0.0.1")!.isUnspecified)
    #expect(!Address("::1")!.isUnspecified)
  }
}

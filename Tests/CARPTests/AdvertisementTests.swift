import CARP
import Testing

@Suite("Advertisements")
struct AdvertisementTests {
  /// The worked example of CARP section 3.
  static let input = DigestInput(vhid: 1, addresses: [Address("192.0.2.1")!, Address("10.0.0.1")!])
  static let example = Advertisement(
    vhid: 1, advbase: 1, advskew: 100, demotion: 0, counter: 0x0102_0304_0506_0708,
    digest: digest(key: Array("mekmitasdigoat".utf8), input, counter: 0x0102_0304_0506_0708))

  @Test func workedExample() {
    #expect(
      AdvertisementTests.input.message(counter: 0x0102_0304_0506_0708)
        == bytes("020101 0a000001 c0000201 0102030405060708"))
    #expect(
      AdvertisementTests.example.encoded()
        == bytes("2101640700019f0c010203040506070879511a81b107c7e2bb607f5a1cf708687a05e4f8"))
  }

  private func verdict(
    _ packet: [UInt8], length: Int? = nil, ttl: UInt8 = 255, mode: Transport? = .multicast
  ) -> Rejection? {
    do throws(Rejection) {
      _ = try Advertisement.decode(packet, length: length ?? packet.count, ttl: ttl) { _ in mode }
      return nil
    } catch {
      return error
    }
  }

  @Test func trailingBytesAreIgnored() {
    #expect(verdict(AdvertisementTests.example.encoded() + [1, 2, 3]) == nil)
    #expect(verdict(AdvertisementTests.example.encoded(), length: 1400) == nil)
  }

  @Test func ttlCountsInMulticastOnly() {
    #expect(verdict(AdvertisementTests.example.encoded(), ttl: 254) == .badttl)
    #expect(verdict(AdvertisementTests.example.encoded(), ttl: 0, mode: .unicast) == nil)
  }

  /// FreeBSD 14: of several faults the first in this order is counted.
  @Test func checksComeInOrder() {
    var packet = AdvertisementTests.example.encoded()
    #expect(verdict(Array(packet[..<35]), ttl: 1, mode: nil) == .badlen)
    #expect(verdict(Array(packet[..<35]), length: 36, ttl: 1, mode: nil) == .hdrops)
    packet[0] = 0x31
    #expect(verdict(packet, ttl: 1, mode: nil) == .badsum)
    let sum = checksum(packet[..<6] + [0, 0] + packet[8...])
    packet[6] = UInt8(sum >> 8)
    packet[7] = UInt8(sum & 0xff)
    #expect(verdict(packet, ttl: 1, mode: nil) == .badvhid)
    #expect(verdict(packet, ttl: 1) == .badver)
    #expect(verdict(AdvertisementTests.example.encoded(), ttl: 1) == .badttl)
  }

  @Test func randomBytesNeverTrap() {
    var generator = SplitMix(seed: 1)
    let example = AdvertisementTests.example.encoded()
    let group = Address("ff02::12")!
    for round in 0..<200_000 {
      var packet: [UInt8]
      if round % 2 == 0 {
        packet = (0..<Int.random(in: 0...64, using: &generator)).map { _ in .random(in: 0...255, using: &generator) }
      } else {
        packet = example
        packet[Int.random(in: 0..<36, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      let length = Int.random(in: -1...70, using: &generator)
      _ = verdict(packet, length: length, ttl: .random(in: 0...255, using: &generator))
      _ = try? VRRPAdvertisement.decode(packet, length: length, source: group, destination: group)
    }
  }
}

@Suite("Digests and checksums")
struct DigestTests {
  @Test func sizeIsFixed() {
    #expect(Digest(bytes: [UInt8](repeating: 0, count: 19)) == nil)
    #expect(Digest(bytes: [UInt8](repeating: 0, count: 21)) == nil)
  }

  @Test func everyBitMatters() throws {
    let digest = try #require(Digest(bytes: Array(0..<20)))
    #expect(digest.matches(digest))
    for bit in 0..<160 {
      var other = digest.bytes
      other[bit / 8] ^= 1 << (bit % 8)
      #expect(!digest.matches(try #require(Digest(bytes: other))))
    }
  }

  @Test func orderAndDuplicatesDoNotMatter() {
    let addresses = ["10.0.0.1", "192.0.2.1", "2001:db8::1"].map { Address($0)! }
    let input = DigestInput(vhid: 9, addresses: addresses)
    #expect(DigestInput(vhid: 9, addresses: addresses.reversed() + addresses) == input)
  }

  @Test func extremesAreNeverHashed() {
    let extremes = ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"].map { Address($0)! }
    #expect(DigestInput(vhid: 9, addresses: extremes).prefix == [2, 1, 9])
  }

  @Test func scopeIsZeroed() {
    let scoped = ["fe80:1::1", "febf:1::1", "ff02:3::1", "ff31:3::1"].map { Address($0)! }
    let plain = ["fe80::1", "febf::1", "ff02::1", "ff31::1"].map { Address($0)! }
    #expect(DigestInput(vhid: 9, addresses: scoped) == DigestInput(vhid: 9, addresses: plain))
    #expect(DigestInput(vhid: 9, addresses: scoped, linkLocal: .exclude).prefix == [2, 1, 9])
    // Just outside of these classes the bytes count, and so does the address.
    for text in ["fec0:1::1", "fe7f:1::1", "ff05:1::1", "ff03:1::1", "2001:db8::1"] {
      let address = Address(text)!
      #expect(DigestInput(vhid: 9, addresses: [address], linkLocal: .exclude).prefix == [2, 1, 9] + address.bytes)
    }
  }

  @Test func checksumOfRFC1071() {
    #expect(checksum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]) == 0x220d)
    #expect(checksum([0x12]) == ~0x1200)
    #expect(checksum([UInt8]()) == 0xffff)
    #expect(checksum([UInt8](repeating: 0xff, count: 100_001)) == ~0xff00)
  }

  @Test func rejectionsSayWhatToDo() {
    for rejection in Rejection.allCases {
      #expect(rejection.whatToCheck.hasSuffix("."))
      #expect(!rejection.label.isEmpty && rejection.label(count: 1) == rejection.label)
    }
    #expect(Rejection.badttl.label(count: 2) == "packets discarded for wrong TTL")
    #expect(Rejection.badsum.label(count: 0) == "discarded for bad checksums")
  }
}

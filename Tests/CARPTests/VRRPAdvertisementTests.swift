import CARP
import Testing

/// One object of vectors/vrrp3.json.
struct VRRPVector: Decodable, CustomTestStringConvertible {
  var id: String
  var vrid: UInt8
  var priority: UInt8
  var maxAdverIntCs: UInt16
  var addresses: [String]
  var src: String
  var dst: String
  var packetHex: String
  var standardConformant: Bool

  var testDescription: String { id }
  var source: Address { Address(src)! }
  var destination: Address { Address(dst)! }
  var advertisement: VRRPAdvertisement {
    VRRPAdvertisement(
      vrid: vrid, priority: priority, interval: maxAdverIntCs, addresses: addresses.map { Address($0)! })
  }
}

@Suite("VRRPv3 packets")
struct VRRPAdvertisementTests {
  static let all: [VRRPVector] = (try? Fixtures.json("vectors/vrrp3.json")) ?? []

  @Test func allAreThere() {
    #expect(VRRPAdvertisementTests.all.count == 21)
  }

  @Test(arguments: all) func decodes(_ vector: VRRPVector) throws {
    let packet = bytes(vector.packetHex)
    let decoded = try VRRPAdvertisement.decode(
      packet, length: packet.count, source: vector.source, destination: vector.destination)
    #expect(decoded == vector.advertisement)
  }

  @Test(arguments: all.filter(\.standardConformant)) func encodes(_ vector: VRRPVector) {
    let encoded = vector.advertisement.encoded(source: vector.source, destination: vector.destination)
    #expect(encoded == bytes(vector.packetHex))
  }

  @Test(arguments: all) func aChangedBitIsNoticed(_ vector: VRRPVector) {
    var packet = bytes(vector.packetHex)
    packet[2] ^= 1
    #expect(throws: Rejection.badsum) {
      try VRRPAdvertisement.decode(
        packet, length: packet.count, source: vector.source, destination: vector.destination)
    }
  }

  @Test func aCutPacketStillNamesItsSender() throws {
    let vector = try #require(VRRPAdvertisementTests.all.first { $0.addresses.count > 1 })
    let packet = bytes(vector.packetHex)
    let decoded = try VRRPAdvertisement.decode(
      Array(packet.dropLast()), length: packet.count, source: vector.source, destination: vector.destination)
    #expect(decoded.vrid == vector.vrid)
    #expect(decoded.addresses.count == vector.addresses.count - 1)
  }

  @Test func othersAreRefused() {
    let source = Address("192.0.2.1")!
    let group = Address("224.0.0.18")!
    func verdict(_ packet: [UInt8], length: Int) -> Rejection? {
      do throws(Rejection) {
        _ = try VRRPAdvertisement.decode(packet, length: length, source: source, destination: group)
        return nil
      } catch {
        return error
      }
    }
    #expect(verdict([0x31, 1, 100, 0, 0, 100, 0], length: 7) == .badlen)
    #expect(verdict([0x31, 1, 100, 0, 0, 100, 0], length: 8) == .hdrops)
    #expect(verdict([0x21, 1, 100, 0, 0, 100, 0, 0], length: 8) == .badver)
    #expect(verdict([0x31, 1, 100, 0, 0, 100, 0, 0], length: 8) == .badsum)
  }
}

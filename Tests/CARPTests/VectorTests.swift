import CARP
import Testing

/// One object of vectors/carp.json: a packet of a real implementation.
struct Vector: Decodable, CustomTestStringConvertible {
  var id: String
  var mode: String
  var family: UInt8
  var keyHex: String
  var vhid: UInt8
  var addresses4: [String]
  var addresses6: [String]
  var advbase: UInt8
  var advskewWire: UInt8
  var demoteWire: UInt8
  var counter: String
  var mdHex: String
  var checksumHex: String
  var packetHex: String
  var ipPacketHex: String
  var lladdr: String?

  var testDescription: String { id }

  var input: DigestInput {
    DigestInput(
      vhid: vhid, addresses: (addresses4 + addresses6).map { Address($0)! },
      linkLocal: mode == "nov6ll" ? .exclude : .include, lladdr: lladdr.map(bytes))
  }
}

@Suite("Golden vectors: valid advertisements")
struct VectorTests {
  static let all: [Vector] = (try? Fixtures.json("vectors/carp.json")) ?? []

  @Test func allAreThere() {
    #expect(VectorTests.all.count == 192)
  }

  @Test(arguments: all) func everyByteIsTheSame(_ vector: Vector) {
    let counter = UInt64(vector.counter, radix: 16)!
    let digest = digest(key: bytes(vector.keyHex), vector.input, counter: counter)
    #expect(digest.bytes == bytes(vector.mdHex))
    let advertisement = Advertisement(
      vhid: vector.vhid, advbase: vector.advbase, advskew: vector.advskewWire, demotion: vector.demoteWire,
      counter: counter, digest: digest)
    #expect(advertisement.encoded() == bytes(vector.packetHex))
    #expect(Array(bytes(vector.ipPacketHex).suffix(Advertisement.size)) == advertisement.encoded())
  }

  @Test(arguments: all) func decodingGivesWhatWasEncoded(_ vector: Vector) throws {
    let packet = bytes(vector.packetHex)
    let decoded = try Advertisement.decode(packet, length: packet.count, ttl: 255) { vhid in
      vhid == vector.vhid ? .multicast : nil
    }
    #expect(decoded.encoded() == packet)
    #expect(decoded.advskew == vector.advskewWire)
    #expect(decoded.isBowOut == (vector.advbase == 255 && vector.advskewWire == 255))
  }
}

/// One object of vectors/carp-invalid.json: a packet with one thing changed, and what a receiver must make of it.
struct InvalidVector: Decodable, CustomTestStringConvertible {
  var id: String
  var mutation: String
  var expect: String
  var family: UInt8
  var ttl: UInt8
  var keyHex: String
  var receiverKeyHex: String?
  var vhid: UInt8
  var addresses4: [String]
  var addresses6: [String]
  var receiverExtraAddresses4: [String]?
  var packetHex: String

  var testDescription: String { "\(id): \(mutation)" }
}

@Suite("Golden vectors: verdicts on changed packets")
struct InvalidVectorTests {
  static let all: [InvalidVector] = (try? Fixtures.json("vectors/carp-invalid.json")) ?? []

  @Test func allAreThere() {
    #expect(InvalidVectorTests.all.count == 46)
  }

  @Test(arguments: all) func verdict(_ vector: InvalidVector) {
    let addresses4 = vector.addresses4 + (vector.receiverExtraAddresses4 ?? [])
    let hasFamily = vector.family == 4 ? !addresses4.isEmpty : !vector.addresses6.isEmpty
    let input = DigestInput(vhid: vector.vhid, addresses: (addresses4 + vector.addresses6).map { Address($0)! })
    let packet = bytes(vector.packetHex)
    let verdict: String
    do throws(Rejection) {
      let advertisement = try Advertisement.decode(packet, length: packet.count, ttl: vector.ttl) { vhid in
        vhid == vector.vhid && hasFamily ? .multicast : nil
      }
      let own = digest(
        key: bytes(vector.receiverKeyHex ?? vector.keyHex), input, counter: advertisement.counter)
      verdict = own.matches(advertisement.digest) ? "accept" : "badauth"
    } catch {
      verdict = "\(error)"
    }
    #expect(verdict == vector.expect)
  }
}

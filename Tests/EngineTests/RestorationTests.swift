import Testing

@testable import Engine

struct RestorationTests {
  private static let second: UInt64 = 1_000_000_000

  @Test func theMacvlanSaysMoreThanItsAddresses() {
    var restoration = Restoration()
    let nothing = restoration.take()
    #expect(nothing == nil)
    let addresses = [Restoration.Loss.address(.ipv4(1)), .address(.ipv4(2))]
    let areFirst = addresses.map { restoration.add($0) }
    #expect(areFirst == [true, false])
    let taken = [restoration.take(), restoration.take()]
    #expect(taken == [addresses[0], nil])
    let areFirstAgain = [addresses[0], .macvlan, addresses[1]].map { restoration.add($0) }
    #expect(areFirstAgain == [true, false, false])
    let worst = restoration.take()
    #expect(worst == .macvlan)
  }

  @Test func aMinuteIsCounted() {
    var restoration = Restoration()
    let counts = [0, 10, 20, 30, 59, 60, 71, 200].map { restoration.count(at: $0 * Self.second) }
    #expect(counts == [1, 2, 3, 4, 5, 5, 5, 1])
    let backwards = restoration.count(at: 0)
    #expect(backwards == 2, "nothing traps")
  }
}

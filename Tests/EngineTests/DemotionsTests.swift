import Testing

@testable import Engine

extension EngineTests {
  @Suite struct DemotionsTests {
    @Test func theSumIsThatOfAllSources() {
      var demotions = Demotions()
      demotions.set("link:eth0-1", .init(value: 240))
      demotions.set("backup", .init(value: 50, owner: "uid 0"))
      #expect(demotions.sum == 290)
      demotions.set("backup", .init(value: -10, owner: "uid 0"))
      #expect(demotions.sum == 230)
      #expect(demotions.remove("link:eth0-1")?.value == 240)
      #expect(demotions.remove("link:eth0-1") == nil)
      #expect(demotions.sum == -10)
    }

    @Test func valuesAreLimited() {
      var demotions = Demotions()
      demotions.set("a", .init(value: .max))
      demotions.set("b", .init(value: .min))
      #expect(demotions.sources.mapValues(\.value) == ["a": 255, "b": -255])
      #expect(demotions.sum == 0)
    }

    @Test func theyEndWithTimeAndConnection() {
      var demotions = Demotions()
      demotions.set("b", .init(value: 1, expires: 100))
      demotions.set("a", .init(value: 1, expires: 50, connection: 7))
      demotions.set("c", .init(value: 1, connection: 8))
      #expect(demotions.expired(at: 49) == [])
      #expect(demotions.expired(at: 100) == ["a", "b"])
      #expect(demotions.held(by: 7) == ["a"] && demotions.held(by: 9) == [])
    }

    @Test func clientsGetOnlySoMany() {
      var demotions = Demotions()
      for number in 0..<Demotions.clientLimit {
        #expect(demotions.hasRoom(for: "\(number)"))
        demotions.set("\(number)", .init(value: 1, owner: "uid 1000"))
        demotions.set("link:\(number)", .init(value: 1))
      }
      #expect(!demotions.hasRoom(for: "one more"))
      #expect(demotions.hasRoom(for: "3"))
    }
  }
}

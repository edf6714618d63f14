import Channel
import Control
import Glibc
import Testing

@testable import Engine

extension EngineTests {
  @Suite struct ControlServerTests {
    private let show = "{\"method\":\"io.carpd.Control.Show\"}"
    private let info = "{\"method\":\"org.varlink.service.GetInfo\"}"

    private func served() throws -> FakeSupervisor {
      let supervisor = try FakeSupervisor()
      supervisor.configure([FakeSupervisor.host(advbase: 1)])
      supervisor.link()
      _ = try supervisor.run()
      return supervisor
    }

    @Test func showAnswers() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      client.send(ClientConnection.call(ShowRequest()))
      _ = try supervisor.run()
      let text = try #require(client.receive()?.first)
      var connection = ClientConnection()
      try connection.receive(Array(text.utf8) + [0])
      let reply = try #require(try connection.reply(as: ShowReply.self))
      #expect(reply == supervisor.engine.snapshot())
      #expect(reply.virtualHosts.first?.addresses == ["192.0.2.1/24", "2001:db8::1/64"])
      #expect(reply.virtualHosts.first?.state == "BACKUP")
    }

    @Test func requestsMayBeSplitOrCombined() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      for byte in Array(show.utf8) + [0] {
        client.send([byte])
        _ = try supervisor.run(milliseconds: 1)
      }
      #expect(client.receive()?.count == 1)
      client.send((0..<5).flatMap { _ in Array(info.utf8) + [0] } + Array(show.utf8))
      _ = try supervisor.run()
      #expect(client.receive()?.count == 5)
      client.send([0])
      _ = try supervisor.run()
      #expect(client.receive()?.count == 1)
    }

    @Test func errorsHaveTheirNames() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      client.send("{\"method\":\"io.carpd.Control.Nope\"}")
      client.send("{\"method\":\"org.nope.X\"}")
      client.send("{\"method\":\"Show\"}")
      client.send("{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{}}")
      client.send("{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":3}}")
      client.send("{\"method\":\"org.varlink.service.GetInterfaceDescription\"}")
      client.send("{\"method\":\"io.carpd.Control.Show\",\"upgrade\":true}")
      _ = try supervisor.run()
      let answers = try #require(client.receive())
      #expect(answers.count == 7)
      #expect(
        answers.first
          == "{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"io.carpd.Control.Nope\"}}")
      let names = ["Method", "Interface", "Method", "interface", "interface", "parameters", "MethodNotImplemented"]
      for (answer, name) in zip(answers, names) { #expect(answer.contains(name)) }
    }

    @Test func introspectionDescribesEveryMethod() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      client.send(info)
      let parameters = "{\"interface\":\"io.carpd.Control\"}"
      client.send("{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":\(parameters)}")
      _ = try supervisor.run()
      let answers = try #require(client.receive())
      #expect(answers.first?.contains("\"interfaces\":[\"org.varlink.service\",\"io.carpd.Control\"]") == true)
      let description = try #require(InterfaceDescription.named(InterfaceDescription.controlName))
      for method in ControlMethod.allCases { #expect(description.contains("method \(method.rawValue)(")) }
      #expect(answers.last?.contains("interface io.carpd.Control\\n") == true)
    }

    @Test func onewayHasNoAnswerAndMoreHasOne() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      client.send("{\"method\":\"io.carpd.Control.Show\",\"oneway\":true}")
      client.send("{\"method\":\"io.carpd.Control.Nope\",\"oneway\":true}")
      client.send("{\"method\":\"io.carpd.Control.Show\",\"more\":true,\"parameters\":{}}")
      _ = try supervisor.run()
      let answers = try #require(client.receive())
      #expect(answers.count == 1)
      #expect(answers.first?.contains("continues") == false)
    }

    @Test func aClientThatStopsSendingStillGetsItsAnswers() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      client.send(show)
      client.send(show)
      shutdown(client.socket, Int32(SHUT_WR))
      #expect(try supervisor.run(milliseconds: 50).count(.closed) == 1)
      #expect(client.receive()?.count == 2)
    }

    @Test func whatIsNoCallClosesTheConnection() throws {
      let supervisor = try served()
      let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
      let abyss = String(repeating: "[", count: 60_000)
      let hostile = [
        "", "{", "[]", "null", "{\"method\":3}", "{\"method\":\"x\",\"more\":1}", "{\"method\":\"\u{1}\"", "\u{feff}",
        "{\"method\":\"io.carpd.Control.Show\",\"parameters\":\(deep)}", abyss, "{\"method\":" + abyss,
      ]
      for (number, text) in hostile.enumerated() {
        let client = ControlPeer(try supervisor.connect(UInt32(number + 1)))
        client.send(text)
        #expect(try supervisor.run(milliseconds: 30).count(.closed) == 1, "\(text.prefix(40))")
        #expect(client.receive() == nil)
      }
      #expect(!supervisor.engine.isEnding)
    }

    @Test func tooLongARequestClosesTheConnection() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      var closed = 0
      for _ in 0..<40 {
        client.send([UInt8](repeating: 0x20, count: 4096))
        closed += try supervisor.run(milliseconds: 2).count(.closed)
      }
      #expect(closed == 1)
    }

    @Test func aClientThatDoesNotReadIsNotServedForever() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      var buffered = 0
      while client.send(show) { buffered += 1 }
      #expect(buffered > 100)
      _ = try supervisor.run(milliseconds: 300)
      // No more is held than one answer; the rest waits unread in the client's own socket.
      let other = ControlPeer(try supervisor.connect(2))
      other.send(show)
      _ = try supervisor.run()
      #expect(other.receive()?.count == 1, "others are served nevertheless")
      supervisor.engine.control?.expire(now: .max)
      #expect(try supervisor.run().count(.closed) == 1)
    }

    @Test func impatientWithHalfARequest() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect())
      let idle = ControlPeer(try supervisor.connect(2))
      client.send(Array("{\"method\"".utf8))
      _ = try supervisor.run()
      supervisor.engine.control?.expire(now: .max)
      #expect(try supervisor.run().closed == [1])
      #expect(client.receive() == nil)
      #expect(idle.receive() == [], "who sends nothing may stay")
    }

    /// Who may not even read is told so unasked, and has a moment to send its call.
    @Test func strangersAreRefused() throws {
      let supervisor = try served()
      let client = ControlPeer(try supervisor.connect(7, access: .none, uid: 1234))
      #expect(try supervisor.run(milliseconds: 50).closed.isEmpty)
      let text = "{\"error\":\"io.carpd.Control.NotAuthorized\",\"parameters\":{\"method\":\"\",\"uid\":1234}}"
      #expect(client.receive() == [text])
      client.send(show)
      #expect(try supervisor.run(milliseconds: 100).closed == [7])
      #expect(client.receive() == nil)
      // However many there are.
      let crowd = try (100..<200).map { ControlPeer(try supervisor.connect(UInt32($0), access: .none)) }
      #expect(try supervisor.run().closed.count == crowd.count - ControlServer.refusedLimit)
      #expect(try supervisor.run(milliseconds: 150).closed.count == ControlServer.refusedLimit)
    }

    @Test func connectionsAreLimited() throws {
      let supervisor = try served()
      let limit = ControlServer.connectionLimit
      var clients: [ControlPeer] = []
      var closed: [UInt32] = []
      for number in 1...limit + 6 {
        clients.append(ControlPeer(try supervisor.connect(UInt32(number))))
        closed += try supervisor.run(milliseconds: 2).closed
      }
      #expect(closed == (limit + 1...limit + 6).map(UInt32.init))
      clients[0].send(info)
      _ = try supervisor.run()
      #expect(clients[0].receive()?.count == 1)
    }

    @Test func randomBytesDoNoHarm() throws {
      let supervisor = try served()
      var generator = SystemRandomNumberGenerator()
      let strange = "{\"method\":\"\\u0000\\ud800\",\"parameters\":{\"a\":[1e400,-0,\"\\\\\"]}}"
      let seeds = [show, info, strange].map { Array($0.utf8) }
      for round in 0..<100 {
        let client = ControlPeer(try supervisor.connect(UInt32(round)))
        for _ in 0..<100 {
          var bytes = seeds[Int.random(in: 0..<seeds.count, using: &generator)]
          if round % 3 == 0 { bytes = (0..<100).map { _ in UInt8.random(in: 0...255, using: &generator) } }
          for _ in 0..<Int.random(in: 0...4, using: &generator) {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
          }
          client.send(bytes + [0])
        }
        _ = try supervisor.run(milliseconds: 5)
      }
      let client = ControlPeer(try supervisor.connect(5000))
      client.send(info)
      _ = try supervisor.run()
      #expect(client.receive()?.count == 1)
      #expect(!supervisor.engine.isEnding)
    }
  }
}

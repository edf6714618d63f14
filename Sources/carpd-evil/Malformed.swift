import Channel
import Glibc

/// Datagrams that no genuine engine sends. Each is the end of the engine's life.
enum Malformed {
  struct Variant {
    let name: String
    let play: (Rig) -> Void
  }

  private static let requests: [Message] = [
    .advertise(Advertise()), .acquire(group: 0), .release(group: 0), .bowOut(group: 0), .announce(group: 0),
    .deposit(Advertise()), .note(Note()), .heartbeat(late: 0), .closed(connection: 0), .claim(.demote, allowed: true),
  ]
  private static let notTheEngines: [Message] = [
    .ready, .settings(Settings()), .virtualHost(group: 0, interface: 0, VirtualHost()),
    .address(group: 0, HostAddress()),
    .track(interface: 0, name: "eth9", demotion: 1), .commit(groups: 0, generation: 0),
    .diagnostic(level: .error, line: 0, column: 0, text: ""), .frame(Frame()),
    .link(interface: 0, .up, ipv4: Address(unspecified: .ipv4), ipv6: Address(unspecified: .ipv6)),
    .role(group: 0, change: .held),
    .result(request: 0, type: .acquire, group: 0, denial: .none, errno: 0), .connection(Connection()),
    .stalled(milliseconds: 0), .reloadResult(connection: 0, succeeded: true, generation: 0), .shutdown,
    .auditHead(connection: 0, AuditStatus()), .spawn(role: .engine, token: 0), .kill(token: 0),
    .seal(directory: "/"), .spawned(token: 0, pid: 0), .exited(token: 0, bySignal: false, status: 0),
    .auditStart(AuditStart()), .record(Record()), .auditStatus(AuditStatus()),
  ]
  private static let heartbeat = Message.heartbeat(late: 0)

  private static func bytes(_ message: Message, _ rig: Rig) -> [UInt8] { message.bytes(id: rig.id + 1) }

  /// "advertise" for `.advertise(...)`.
  private static func name(_ message: Message) -> String { String("\(message)".prefix { $0.isLetter }) }

  static var variants: [Variant] {
    var all: [Variant] = []
    func add(_ name: String, _ make: @escaping (Rig) -> [UInt8]) {
      all.append(Variant(name: name) { $0.raw(make($0)) })
    }
    for message in requests {
      let name = name(message)
      add("short-\(name)") { Array(bytes(message, $0).dropLast()) }
      add("long-\(name)") { bytes(message, $0) + [0] }
      add("bare-\(name)") { Array(bytes(message, $0).prefix(8)) }
      add("version-\(name)") { [2] + bytes(message, $0).dropFirst() }
      add("same-id-\(name)") { message.bytes(id: $0.id) }
    }
    for message in notTheEngines { add("not-its-own-\(name(message))") { bytes(message, $0) } }
    for type in [UInt8(MessageType.allCases.count), 64, 128, 255] {
      add("unknown-type-\(type)") { [1, type, 0, 0] + bytes(heartbeat, $0).dropFirst(4) }
    }
    for index in [2, 3] {
      add("reserved-byte-\(index)") {
        var made = bytes(heartbeat, $0)
        made[index] = 1
        return made
      }
    }
    add("version-0") { [0] + bytes(heartbeat, $0).dropFirst() }
    add("id-0") { _ in heartbeat.bytes(id: 0) }
    add("id-falls") { heartbeat.bytes(id: $0.id - 1) }
    // Where in the payload a choice lies, and a value it does not have.
    let choices: [(String, Message, Int, UInt8)] = [
      ("family-5", .advertise(Advertise()), 2, 5), ("family-0", .advertise(Advertise()), 2, 0),
      ("family-5", .deposit(Advertise()), 2, 5), ("level-7", .note(Note()), 1, 7),
      ("act-8", .claim(.demote, allowed: true), 0, 8), ("allowed-2", .claim(.demote, allowed: true), 11, 2),
    ]
    for (what, message, offset, value) in choices {
      add("\(what)-\(name(message))") {
        var made = bytes(message, $0)
        made[8 + offset] = value
        return made
      }
    }
    add("one-byte") { _ in [1] }
    add("half-header") { Array(bytes(heartbeat, $0).prefix(7)) }
    add("1025-bytes") { bytes(heartbeat, $0) + [UInt8](repeating: 0, count: 1013) }
    add("65536-bytes") { bytes(heartbeat, $0) + [UInt8](repeating: 0, count: 65524) }
    for count in [1, 2, 64, 253] {
      all.append(
        Variant(name: "\(count)-descriptors") { rig in
          rig.raw(bytes(heartbeat, rig), descriptors: [Int32](repeating: 2, count: count))
        })
    }
    all.append(
      Variant(name: "its-own-channel") { rig in
        rig.raw(bytes(heartbeat, rig), descriptors: [Rig.channel])
      })
    return all
  }

  static func play(_ variant: Int, _ rig: Rig) {
    rig.say("doing \(variants[variant].name)")
    variants[variant].play(rig)
    // Whoever is still alive in a second got away with it.
    for _ in 0..<10 {
      rig.listen(milliseconds: 100)
      rig.heartbeat()
    }
    rig.say("got away with \(variants[variant].name)")
  }
}

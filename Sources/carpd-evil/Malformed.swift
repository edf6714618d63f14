import Channel
import Glibc

/// Datagrams that no genuine engine sends. Each is the end of the engine's life.
enum Malformed {
  struct Variant {
    let name: String
    let play: (Rig) -> Void
  }

  private static var requests: [(MessageType, any Payload)] {
    [
      (.advertise, Advertise()), (.acquire, GroupReference()), (.release, GroupReference()),
      (.bowOut, GroupReference()),
      (.announce, GroupReference()), (.deposit, Deposit()), (.requestReload, ConnectionReference()), (.note, Note()),
      (.heartbeat, Heartbeat()), (.closed, ConnectionReference()),
    ]
  }
  private static var notTheEngines: [(MessageType, any Payload)] {
    [
      (.ready, Ready()), (.settings, Settings()), (.virtualHost, VirtualHost()), (.address, HostAddress()),
      (.peer, HostAddress()), (.commit, Commit()), (.diagnostic, Diagnostic()), (.frame, Frame()), (.link, Link()),
      (.ownSource, OwnSource()), (.addressLost, AddressLost()), (.result, Channel.Result()),
      (.connection, Connection()), (.holdRole, GroupReference()), (.stalled, Stalled()),
      (.foreignFrame, GroupReference()), (.overflow, Overflow()), (.reloadResult, ReloadResult()), (.shutdown, Ready()),
      (.spawn, Spawn()), (.kill, Child()), (.seal, Seal()), (.spawned, Child()), (.exited, Exited()),
      (.auditStart, AuditStart()), (.record, Record()), (.auditStatus, AuditStatus()),
    ]
  }

  private static func bytes(_ type: MessageType, _ payload: some Payload, _ rig: Rig) -> [UInt8] {
    Packet(type, id: rig.id + 1, payload).bytes
  }

  static var variants: [Variant] {
    var all: [Variant] = []
    func add(_ name: String, _ make: @escaping (Rig) -> [UInt8]) {
      all.append(Variant(name: name) { $0.raw(make($0)) })
    }
    for (type, payload) in requests {
      add("short-\(type)") { Array(bytes(type, payload, $0).dropLast()) }
      add("long-\(type)") { bytes(type, payload, $0) + [0] }
      add("bare-\(type)") { Array(bytes(type, payload, $0).prefix(8)) }
      add("version-\(type)") { [2] + bytes(type, payload, $0).dropFirst() }
      add("same-id-\(type)") { Packet(type, id: $0.id, payload).bytes }
    }
    for (type, payload) in notTheEngines { add("not-its-own-\(type)") { bytes(type, payload, $0) } }
    for type: UInt8 in [0, 12, 31, 38, 63, 76, 95, 101, 111, 115, 128, 255] {
      add("unknown-type-\(type)") { [1, type, 0, 0] + bytes(.heartbeat, Heartbeat(), $0).dropFirst(4) }
    }
    for index in [2, 3] {
      add("reserved-byte-\(index)") {
        var made = bytes(.heartbeat, Heartbeat(), $0)
        made[index] = 1
        return made
      }
    }
    add("version-0") { [0] + bytes(.heartbeat, Heartbeat(), $0).dropFirst() }
    add("id-0") { _ in Packet(.heartbeat, id: 0, Heartbeat()).bytes }
    add("id-falls") { Packet(.heartbeat, id: $0.id - 1, Heartbeat()).bytes }
    // Where in the payload a choice lies, and a value it does not have.
    let choices: [(String, MessageType, any Payload, Int, UInt8)] = [
      ("family-5", .advertise, Advertise(), 2, 5), ("family-0", .advertise, Advertise(), 2, 0),
      ("family-5", .deposit, Deposit(), 2, 5), ("code-0", .note, Note(), 0, 0), ("code-99", .note, Note(), 0, 99),
      ("address-family", .note, Note(), 13, 9),
    ]
    for (name, type, payload, offset, value) in choices {
      add("\(name)-\(type)") {
        var made = bytes(type, payload, $0)
        made[8 + offset] = value
        return made
      }
    }
    add("one-byte") { _ in [1] }
    add("half-header") { Array(bytes(.heartbeat, Heartbeat(), $0).prefix(7)) }
    add("769-bytes") { bytes(.heartbeat, Heartbeat(), $0) + [UInt8](repeating: 0, count: 757) }
    add("65536-bytes") { bytes(.heartbeat, Heartbeat(), $0) + [UInt8](repeating: 0, count: 65524) }
    for count in [1, 2, 64, 253] {
      all.append(
        Variant(name: "\(count)-descriptors") { rig in
          rig.raw(bytes(.heartbeat, Heartbeat(), rig), descriptors: [Int32](repeating: 2, count: count))
        })
    }
    all.append(
      Variant(name: "its-own-channel") { rig in
        rig.raw(bytes(.heartbeat, Heartbeat(), rig), descriptors: [Rig.channel])
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

import Channel
import Glibc
import Linux

/// Parts that need more than one datagram. Afterwards the engine behaves, if it still lives.
enum Parts {
  static var all: [String: (Rig) -> Void] {
    [
      "policy": policy, "hold-down": holdDown, "near-bow-out": nearBowOut, "link-down": linkDown,
      "flood-heartbeat": { rig in while rig.raw(Message.heartbeat(late: 0).bytes(id: rig.next())) {} },
      "flood-notes": { rig in while rig.raw(Message.note(Note()).bytes(id: rig.next())) {} },
      "flood-acquires": { rig in while rig.raw(Message.acquire(group: 9).bytes(id: rig.next())) {} },
      "flood-denied": { rig in while rig.raw(Message.advertise(Advertise()).bytes(id: rig.next())) {} },
      "flood-deposits": { rig in while rig.raw(Message.deposit(Advertise()).bytes(id: rig.next())) {} },
      // No connection is there, so nobody is an administrator's.
      "administers": { rig in
        for act: ControlAct in [.setLogLevel, .auditHead, .reload] { rig.send(.claim(act, allowed: true)) }
        rig.send(.claim(.demote, allowed: false))
        rig.listen(milliseconds: 300)
        rig.say("asked")
        rig.send(.claim(.demote, allowed: true))
        rig.listen(milliseconds: 1000)
      },
      "slow-flood": slowFlood, "flap": flap,
      "silence": { rig in while true { rig.listen(milliseconds: 1000) } },
      "deaf": deaf, "deaf-begging": deafBegging,
      "mute-holder": { rig in rig.behave(advertising: false) },
      "zero-length": { rig in
        rig.say("doing zero-length")
        rig.raw([])
        for _ in 0..<10 { rig.listen(milliseconds: 100) }
      },
      "mutations": mutations, "random": random, "json": json, "traps": { _ in trap() },
      "exit": { _ in exit(3) },
      "shut-down-channel": { rig in
        shutdown(Rig.channel, Int32(SHUT_RDWR))
        while true { rig.pause(milliseconds: 1000) }
      },
      "after-shutdown": afterShutdown,
    ]
  }

  /// A Swift trap.
  private static func trap() {
    let empty: [Int] = []
    _ = empty[Int.random(in: 1...9)]
  }

  /// Well formed and against the policy: what becomes of each is said.
  private static func policy(_ rig: Rig) {
    func attempt(_ name: String, _ request: UInt32) {
      let denial = rig.outcome(of: request)
      rig.say("\(name): \(denial.map { "\($0)" } ?? "no answer")")
      rig.heartbeat()
    }
    func advertise(_ name: String, _ change: (inout Advertise) -> Void) {
      var request = rig.advertisement(0)
      change(&request)
      attempt(name, rig.send(.advertise(request)))
    }
    advertise("as configured") { _ in }
    advertise("better skew") { $0.advskew -= 1 }
    advertise("better base") {
      $0.advbase = 0
      $0.advskew = 240
    }
    advertise("best") {
      $0.advbase = 0
      $0.advskew = 0
    }
    advertise("bow-out") {
      $0.advbase = 255
      $0.advskew = 255
    }
    advertise("demotion") { $0.demotion = 1 }
    advertise("not held") {
      $0.group = 1
      $0.family = rig.families(1).first ?? .ipv4
    }
    advertise("wrong family") { $0.family = .ipv6 }
    advertise("no such group") { $0.group = 999 }
    advertise("counter") { $0.counter = 77 }
    advertise("repeated counter") { $0.counter = 77 }
    var deposit = Advertise()
    deposit.family = .ipv6
    attempt("deposit of the wrong family", rig.send(.deposit(deposit)))
    deposit.group = 0xffff
    attempt("deposit for no group", rig.send(.deposit(deposit)))
    attempt("bow-out of what is not held", rig.send(.bowOut(group: 1)))
    attempt("announcement of what is not held", rig.send(.announce(group: 1)))
    attempt("release of what is not held", rig.send(.release(group: 1)))
    attempt("acquisition of no group", rig.send(.acquire(group: 0xffff)))
    attempt("reload without a connection", rig.send(.claim(.reload, allowed: true)))
    attempt("closing no connection", rig.send(.closed(connection: 0)))
    var last: UInt32 = 0
    for _ in 0..<200 { last = rig.send(.announce(group: 0)) }
    attempt("two hundred announcements", last)
  }

  private static func holdDown(_ rig: Rig) {
    rig.send(.bowOut(group: 0))
    rig.held = []
    rig.say("advertisement after bow-out: \(rig.outcome(of: rig.send(.advertise(rig.advertisement(0)))) ?? .none)")
    rig.say("acquisition after bow-out: \(rig.acquire(0) ?? .none)")
    for round in 1...20 where rig.held.isEmpty {
      for _ in 0..<2 {
        rig.listen(milliseconds: 100)
        rig.heartbeat()
      }
      if rig.acquire(0) == Denial.none { rig.say("acquired again after \(round * 200) ms") }
    }
  }

  /// So slow that every backup takes over, while the address is kept: a bow-out by another name.
  private static func nearBowOut(_ rig: Rig) {
    for (name, base, skew) in [("255/254", 255, 254), ("100/0", 100, 0), ("3/100", 3, 100)] as [(String, UInt8, UInt8)]
    {
      var request = rig.advertisement(0)
      request.advbase = base
      request.advskew = skew
      rig.say("\(name): \(rig.outcome(of: rig.send(.advertise(request))).map { "\($0)" } ?? "no answer")")
      rig.heartbeat()
    }
  }

  private static func linkDown(_ rig: Rig) {
    for _ in 0..<50 where rig.isUp {
      rig.listen(milliseconds: 100)
      rig.heartbeat()
    }
    rig.say("acquisition without a link: \(rig.acquire(0) ?? .none)")
  }

  /// Just below the limit of messages, all of them denied.
  private static func slowFlood(_ rig: Rig) {
    let end = EventLoop.now() + 3_000_000_000
    while EventLoop.now() < end {
      for _ in 0..<80 { rig.raw(Message.advertise(.missing).bytes(id: rig.next())) }
      rig.heartbeat()
      rig.listen(milliseconds: 10)
    }
  }

  /// Takes and leaves as fast as it is let.
  private static func flap(_ rig: Rig) {
    let end = EventLoop.now() + 3_000_000_000
    while EventLoop.now() < end {
      rig.send(.acquire(group: 0))
      rig.send(.release(group: 0))
      rig.heartbeat()
      rig.listen(milliseconds: 2)
    }
    rig.held = []
  }

  /// Never reads: what is droppable is dropped.
  private static func deaf(_ rig: Rig) {
    rig.say("deaf")
    rig.behave(reading: false)
  }

  /// Never reads, but asks for what must be answered.
  private static func deafBegging(_ rig: Rig) {
    var sent = 0
    while rig.raw(Message.advertise(.missing).bytes(id: rig.next())) {
      sent += 1
      if sent % 50 == 0 {
        rig.heartbeat()
        rig.pause(milliseconds: 10)
      }
    }
  }

  /// Lives so long that four losses take more than five seconds: the supervisor is to bear thousands.
  private static func linger(_ rig: Rig) {
    for _ in 0..<14 {
      rig.listen(milliseconds: 100)
      rig.heartbeat()
    }
  }

  /// Valid messages with a few bits changed, until one of them is the end. Each is followed by a request that is denied:
  /// its answer says that the supervisor has dealt with the message before it.
  private static func mutations(_ rig: Rig) {
    linger(rig)
    let valid: [Message] = [
      .advertise(rig.advertisement(0)), .acquire(group: 0), .release(group: 0), .announce(group: 0),
      .deposit(Advertise()), .note(Note()), .heartbeat(late: 0), .closed(connection: 0), .bowOut(group: 1),
      .claim(.yield, allowed: false), .claim(.setLogLevel, allowed: true),
    ]
    var taken = 0
    while var bytes = valid.randomElement()?.bytes(id: rig.next()) {
      // Mostly behind the header, so that most lives are long.
      for _ in 0..<Int.random(in: 1...3) {
        let index = Int.random(in: 0..<40) == 0 ? Int.random(in: 0..<8) : Int.random(in: 8..<bytes.count)
        bytes[index] ^= 1 << UInt8.random(in: 0..<8)
      }
      guard rig.raw(bytes), rig.outcome(of: rig.send(.advertise(.missing))) != nil else { return }
      taken += 1
      // Few lines, since a hundred of them are logged; the test counts what the last one says.
      if taken & (taken - 1) == 0 { rig.say("taken \(taken)") }
      if taken % 20 == 0 { rig.heartbeat() }
    }
  }

  private static func random(_ rig: Rig) {
    linger(rig)
    rig.raw((0..<Int.random(in: 1...768)).map { _ in UInt8.random(in: 0...255) })
    while true { rig.listen(milliseconds: 1000) }
  }

  /// Text that would end a JSON string, if the log did not look at every scalar.
  private static func json(_ rig: Rig) {
    rig.say("x\"\u{301},\"level\":\"forged\",\"y\":\"\u{1b}[31m\\\"")
  }

  private static func afterShutdown(_ rig: Rig) {
    while !rig.isShutDown {
      rig.heartbeat()
      rig.listen(milliseconds: 100)
    }
    rig.send(.acquire(group: 1))
    while true { rig.listen(milliseconds: 1000) }
  }
}

extension Rig {
  func next() -> UInt32 {
    id += 1
    return id
  }
}

extension Message {
  /// An administrator's act, or a reader's attempt, though nobody is connected.
  static func claim(_ act: ControlAct, allowed: Bool) -> Message {
    .administer(act, connection: 1, group: 0, value: 3, isAllowed: allowed)
  }
}

extension Advertise {
  /// For a group that is not there.
  static var missing: Advertise {
    var request = Advertise()
    request.group = 999
    return request
  }
}

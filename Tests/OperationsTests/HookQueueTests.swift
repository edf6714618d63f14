import Configuration
import Control
import Testing

@testable import Operations

struct HookQueueTests {
  private func add(_ queue: inout HookQueue, _ event: EventReport, _ rules: [Int] = [0]) {
    queue.add(Occurrence(event), rules: rules)
  }

  private func started(_ queue: inout HookQueue) throws -> HookQueue.Job {
    let job = queue.next()
    return try #require(job)
  }

  private func isIdle(_ queue: inout HookQueue) -> Bool { queue.next() == nil }

  @Test func oneAtATimeForEachHost() throws {
    var queue = HookQueue(limit: 4)
    add(&queue, Samples.transition(1, "INIT", "BACKUP"))
    add(&queue, Samples.transition(2, "INIT", "BACKUP", vhid: 2))
    let first = try started(&queue)
    let second = try started(&queue)
    #expect([first.occurrence.event.vhid, second.occurrence.event.vhid] == [1, 2])
    add(&queue, Samples.transition(3, "BACKUP", "MASTER"))
    #expect(isIdle(&queue))
    queue.finished(second)
    #expect(isIdle(&queue))
    queue.finished(first)
    #expect(try started(&queue).occurrence.event.number == 3)
  }

  @Test func onlyTheNewestStateWaits() throws {
    var queue = HookQueue(limit: 4)
    add(&queue, Samples.transition(1, "INIT", "BACKUP"))
    let first = try started(&queue)
    for number in 2...1001 {
      let isMaster = number.isMultiple(of: 2)
      add(&queue, Samples.transition(number, isMaster ? "BACKUP" : "MASTER", isMaster ? "MASTER" : "BACKUP"))
      #expect(queue.waiting == 1)
    }
    queue.finished(first)
    let last = try started(&queue)
    #expect(last.occurrence.event.number == 1001 && last.occurrence.event.to == "BACKUP")
    #expect(last.skipped == 999)
    #expect(last.oldState == "BACKUP", "the state before all that was skipped: what was told last")
    queue.finished(last)
    let none = queue.next()
    #expect(none == nil && queue.running == 0)
  }

  /// Somebody who waits for MASTER only must not be told so when it is BACKUP again.
  @Test func aStateNobodyWaitsForSupersedesTheOther() throws {
    var queue = HookQueue(limit: 1)
    add(&queue, Samples.transition(1, "INIT", "BACKUP"))
    let first = try started(&queue)
    add(&queue, Samples.transition(2, "BACKUP", "MASTER"), [1])
    add(&queue, Samples.transition(3, "MASTER", "BACKUP"), [])
    queue.finished(first)
    #expect(isIdle(&queue))
  }

  @Test func rulesRunInTheirOrderForEachEvent() throws {
    var queue = HookQueue(limit: 8)
    add(&queue, Samples.transition(1, "BACKUP", "MASTER"), [0, 1, 2])
    var order: [Int] = []
    let first = try started(&queue)
    order.append(first.rule)
    // Rules 1 and 2 have not run yet: they are told of the new state only, and rule 0 goes before them.
    add(&queue, Samples.transition(2, "MASTER", "BACKUP"), [0, 1, 2])
    queue.finished(first)
    while let job = queue.next() {
      #expect(job.occurrence.event.number == 2)
      #expect(job.skipped == (job.rule == 0 ? 0 : 1))
      order.append(job.rule)
      queue.finished(job)
    }
    #expect(order == [0, 0, 1, 2])
  }

  @Test func otherEventsNeitherDropStatesNorPileUp() throws {
    var queue = HookQueue(limit: 1)
    add(&queue, Samples.transition(1, "BACKUP", "MASTER"))
    for number in 2...50 { add(&queue, Samples.event(.conflict, number, vhid: 1)) }
    for number in 51...99 { add(&queue, Samples.event(.demotion, number)) }
    #expect(queue.waiting == 3)
    var kinds: [EventKind] = []
    while let job = queue.next() {
      kinds.append(job.occurrence.event.kind)
      queue.finished(job)
    }
    #expect(kinds == [.transition, .conflict, .demotion])
  }

  @Test func noMoreThanTheLimitRun() throws {
    var queue = HookQueue(limit: 3)
    for vhid in 1...10 { add(&queue, Samples.transition(vhid, "INIT", "BACKUP", vhid: vhid)) }
    var jobs: [HookQueue.Job] = []
    while let job = queue.next() { jobs.append(job) }
    #expect(jobs.map(\.occurrence.event.vhid) == [1, 2, 3])
    queue.finished(jobs[1])
    #expect(try started(&queue).occurrence.event.vhid == 4)
    #expect(isIdle(&queue))
  }

  @Test func rulesMatch() {
    var rule = HookConfiguration.Rule(command: ["x"])
    let master = Occurrence(Samples.transition(1, "BACKUP", "MASTER"))
    let conflict = Occurrence(Samples.event(.conflict, 2, vhid: 1))
    #expect(rule.matches(master) && !rule.matches(conflict))
    rule.on = [.conflict]
    #expect(!rule.matches(master) && rule.matches(conflict))
    rule.on = [.master]
    #expect(!rule.matches(Occurrence(Samples.transition(1, "MASTER", "BACKUP"))))
    rule.vhid = 2
    #expect(!rule.matches(master))
    (rule.vhid, rule.interface) = (1, "eth1")
    #expect(!rule.matches(master))
    rule.interface = "eth0"
    #expect(rule.matches(master))
    #expect(!rule.matches(Occurrence(Samples.event(.demotion, 3))))
  }

  @Test func environmentTellsTheEvent() throws {
    var queue = HookQueue(limit: 1)
    var event = Samples.transition(7, "BACKUP", "MASTER", vhid: 3)
    event.text = "a\u{0}b\u{1B}[2Jc\nd"
    add(&queue, event)
    let job = try started(&queue)
    let environment = HookEnvironment.of(job, base: ["PATH=/bin", "CARP_STATE=forged"])
    #expect(
      environment == [
        "PATH=/bin", "CARP_EVENT=transition", "CARP_INTERFACE=eth0", "CARP_VHID=3", "CARP_STATE=MASTER",
        "CARP_OLD_STATE=BACKUP", "CARP_REASON=test", "CARP_TEXT=a b [2Jc d", "CARP_TIME=", "CARP_NUMBER=7",
        "CARP_SKIPPED=0",
      ])
  }

  @Test(arguments: [
    ("eth0", "carp-master@eth0-1.target"), ("br-lan.100", "carp-master@br-lan.100-1.target"),
    ("we!rd@x", "carp-master@we\\x21rd\\x40x-1.target"), ("é", "carp-master@\\xc3\\xa9-1.target"),
  ])
  func targetNames(interface: String, name: String) {
    let host = HostName(interface: interface, vhid: 1)
    #expect(TargetUnit.name(of: host) == name)
    #expect(TargetUnit.host(of: name) == host)
  }

  @Test(arguments: [
    "carp-master@.target", "carp-master@eth0.target", "carp-master@eth0-0.target", "carp-master@eth0-256.target",
    "carp-master@\\x-1.target", "carp-master@\\", "carp-master@eth0-1.service", "x", "carp-master@-1.target",
  ])
  func noTargetNames(name: String) {
    #expect(TargetUnit.host(of: name) == nil)
  }
}

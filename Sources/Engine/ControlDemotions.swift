import Channel
import Control
import Election
import Linux

// Demotions that clients make, and maintenance, which is one of them and more.
extension Engine {
  /// What maintenance is called among the demotions, and what it demotes by: all that can be announced.
  private static let maintenanceName = "maintenance"
  private static let maintenanceValue = 240

  func demote(_ request: DemoteRequest, for client: Connection) throws(VarlinkError) -> DemotionReply {
    guard isDemotionName(request.name) else { throw .invalidParameter("name") }
    guard Demotions.range.contains(request.value) else { throw .invalidParameter("value") }
    if let seconds = request.seconds, !(1...31_536_000).contains(seconds) { throw .invalidParameter("seconds") }
    let reason = try checked(request.reason)
    administered(.demote, by: client, allowed: true)
    guard demotions.hasRoom(for: request.name) else {
      throw .notPossible(reason: "there are \(Demotions.clientLimit) demotions already; remove one with Undemote")
    }
    let now = EventLoop.now()
    var source = Demotions.Source(value: request.value)
    source.owner = "uid \(client.uid)"
    source.reason = reason
    source.since = now
    source.expires = request.seconds.map { now + UInt64($0) * 1_000_000_000 }
    source.connection = request.hold == true ? client.connection : nil
    demote(request.name, source, because: .requested)
    settle()
    rearm()
    return DemotionReply(demotion: demotion)
  }

  func undemote(_ request: UndemoteRequest, for client: Connection) throws(VarlinkError) -> DemotionReply {
    administered(.undemote, by: client, allowed: true)
    guard isDemotionName(request.name) else {
      guard demotions.sources[request.name] != nil else { throw .noSuchDemotion(name: request.name) }
      throw .notPossible(reason: "\(request.name) is carpd's own: it ends with its cause, maintenance by Maintenance")
    }
    guard undemote(request.name, because: .withdrawn) != nil else { throw .noSuchDemotion(name: request.name) }
    settle()
    rearm()
    return DemotionReply(demotion: demotion)
  }

  /// What a connection held ends with it.
  func endDemotions(heldBy connection: UInt32) {
    for name in demotions.held(by: connection) { undemote(name, because: .disconnected) }
    settle()
    rearm()
  }

  func maintain(_ request: MaintenanceRequest, for client: Connection) throws(VarlinkError) {
    let reason = try checked(request.reason)
    administered(.maintenance, by: client, allowed: true)
    if request.enable {
      var source = Demotions.Source(value: Self.maintenanceValue)
      source.owner = "uid \(client.uid)"
      source.reason = reason
      source.since = EventLoop.now()
      demote(Self.maintenanceName, source, because: .requested)
    } else if isInMaintenance {
      undemote(Self.maintenanceName, because: .withdrawn)
    }
    if request.enable != isInMaintenance {
      isInMaintenance = request.enable
      recordAdministration(
        request.enable ? "maintenance-on" : "maintenance-off",
        "maintenance \(request.enable ? "begun" : "ended")" + (reason.isEmpty ? "" : " (\(reason))"), by: client)
      for group in groups { post(.maintenance(isInMaintenance), to: group) }
    }
    settle()
    rearm()
  }

  /// Every demotion by name, as it is shown.
  func demotionStatus(now: UInt64, wallClock: UInt64) -> [DemotionStatus] {
    let moment = { (time: UInt64) in
      timestamp(nanoseconds: time <= now ? wallClock - min(wallClock, now - time) : wallClock + (time - now))
    }
    return demotions.sources.sorted { $0.key < $1.key }.map { name, source in
      DemotionStatus(
        name: name, owner: source.owner, value: source.value, reason: source.reason, since: moment(source.since),
        expires: source.expires.map(moment), held: source.connection != nil)
    }
  }

  /// Whether clients may use the name: carpd's own have a colon.
  private func isDemotionName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && name != Self.maintenanceName
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
          UInt8(ascii: "@"):
          true
        default: false
        }
      }
  }

  /// A reason for people, in one line.
  private func checked(_ reason: String?) throws(VarlinkError) -> String {
    let reason = reason ?? ""
    guard reason.count <= 200, reason.utf8.count <= 800,
      reason.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 })
    else { throw .invalidParameter("reason") }
    return reason
  }
}

// A MASTER sends what its schedule says; an advertisement that is due several times over goes out once.
extension Election {
  mutating func sendDue(at now: Instant) -> [Effect] {
    guard state == .master, var schedule else { return [] }
    let advertises = schedule.takeAdvertisement(at: now)
    let announces = schedule.takeAnnouncement(at: now)
    self.schedule = schedule
    return (advertises ? [advertise] : []) + (announces ? [.announce] : [])
  }
}

import CARP

/// What a MASTER sends when, counted from its takeover.
///
/// Regular advertisements keep to their own raster, each due an interval after the one before was *due*, so that late
/// timers do not add up. Beyond them:
///
/// - rule **Extra advertisements**: at 0.1, 0.3, 1 and 2 s after the takeover, because frames of the old master that were
///   still under way pull the switches' entry for the virtual MAC back to it;
/// - rule **Repeated announcements**: at 5, 20, 60, 150 and 300 ms and 1 and 2 s, because a first one can reach the old
///   master's kernel while that still owns the address; then every 60 s with a virtual MAC. Without one every 10 s: another
///   machine may have told neighbours of itself and yielded unheard, and they send to its MAC until they hear better.
struct Schedule: Equatable, Sendable {
  /// When the next regular advertisement is due.
  private(set) var regular: Instant
  private let takeover: Instant
  private var interval: Interval
  private var extrasDone = 0
  private var announcementsDone = 0
  private var nextRefresh: Instant
  private let refreshSeconds: UInt64

  private static let extraMilliseconds: [UInt64] = [100, 300, 1000, 2000]
  private static let announcementMilliseconds: [UInt64] = [5, 20, 60, 150, 300, 1000, 2000]

  /// A takeover's schedule; the first advertisement and announcement go out with the takeover itself.
  init(takenOverAt now: Instant, interval: Interval, usesVirtualMAC: Bool) {
    takeover = now
    self.interval = interval
    regular = now.advanced(by: interval)
    refreshSeconds = usesVirtualMAC ? 60 : 10
    nextRefresh = now.advanced(byMicroseconds: refreshSeconds * 1_000_000)
  }

  /// When something is next due.
  var next: Instant {
    min(regular, extra ?? regular, announcement)
  }

  /// Whether an advertisement is due; if so, the moments that have come are done with.
  mutating func takeAdvertisement(at now: Instant) -> Bool {
    var isDue = false
    while let due = extra, due <= now {
      extrasDone += 1
      isDue = true
    }
    if regular <= now {
      let following = regular.advanced(by: interval)
      regular = following > now ? following : now.advanced(by: interval)
      isDue = true
    }
    return isDue
  }

  /// Whether an announcement is due; if so, the moments that have come are done with.
  mutating func takeAnnouncement(at now: Instant) -> Bool {
    var isDue = false
    while announcementsDone < Schedule.announcementMilliseconds.count, announcement <= now {
      announcementsDone += 1
      isDue = true
    }
    if announcementsDone == Schedule.announcementMilliseconds.count, nextRefresh <= now {
      nextRefresh = now.advanced(byMicroseconds: refreshSeconds * 1_000_000)
      isDue = true
    }
    return isDue
  }

  /// Another announcement is to follow in a second.
  mutating func announceAgain(after now: Instant) {
    nextRefresh = min(nextRefresh, now.advanced(byMicroseconds: 1_000_000))
  }

  /// An advertisement went out at `now` that announced a new interval, so the raster begins anew.
  mutating func restart(at now: Instant, interval: Interval) {
    self.interval = interval
    regular = now.advanced(by: interval)
  }

  private var extra: Instant? {
    guard extrasDone < Schedule.extraMilliseconds.count else { return nil }
    return takeover.advanced(byMicroseconds: Schedule.extraMilliseconds[extrasDone] * 1000)
  }

  private var announcement: Instant {
    guard announcementsDone < Schedule.announcementMilliseconds.count else { return nextRefresh }
    return takeover.advanced(byMicroseconds: Schedule.announcementMilliseconds[announcementsDone] * 1000)
  }
}

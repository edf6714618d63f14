import Channel

/// Keeps the log readable under a stream of bad packets: the first of a kind is noted at once, the following ones at most
/// every ten seconds, with their number.
struct FoldedNotes {
  /// What is noted apart from what else.
  struct Kind: Hashable, Comparable {
    let interface: UInt16
    /// 0xffff where none is meant.
    let group: UInt16
    let code: NoteCode
    let detail: UInt32

    static func < (left: Kind, right: Kind) -> Bool {
      (left.interface, left.group, left.code.rawValue, left.detail)
        < (right.interface, right.group, right.code.rawValue, right.detail)
    }
  }
  private struct Entry {
    var noted: UInt64
    var latest: Note
    var count: UInt32
  }

  /// Nanoseconds between two notes of a kind.
  static let pause: UInt64 = 10_000_000_000
  private var entries: [Kind: Entry] = [:]

  /// Takes a note, and returns it if it is to be sent at once.
  ///
  /// - Parameter now: CLOCK_MONOTONIC in nanoseconds.
  mutating func take(_ note: Note, now: UInt64) -> Note? {
    let kind = Kind(interface: note.interface, group: note.group, code: note.code, detail: note.a)
    guard var entry = entries[kind] else {
      entries[kind] = Entry(noted: now, latest: note, count: 0)
      return note.counting(1)
    }
    entry.latest = note
    entry.count = entry.count == .max ? .max : entry.count + 1
    entries[kind] = entry
    return nil
  }

  /// The notes whose pause is over, in an order that does not change from run to run.
  mutating func due(now: UInt64) -> [Note] {
    var notes: [Note] = []
    for kind in entries.keys.sorted() {
      guard let entry = entries[kind], entry.noted &+ Self.pause <= now else { continue }
      if entry.count == 0 {
        entries[kind] = nil
      } else {
        notes.append(entry.latest.counting(entry.count))
        entries[kind] = Entry(noted: now, latest: entry.latest, count: 0)
      }
    }
    return notes
  }
}

extension Note {
  /// The note with the number of rejected packets, where it carries one.
  fileprivate func counting(_ count: UInt32) -> Note {
    guard code == .rejected else { return self }
    var note = self
    note.b = count
    return note
  }
}

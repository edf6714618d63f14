import CARP

/// Keeps the log readable under a stream of bad packets: the first of a kind is noted at once, the following ones at most
/// every ten seconds, with their number.
struct FoldedNotes {
  /// What is said of a packet, and where it belongs.
  struct PacketNote {
    var text: NoteText
    let group: Group?
    let interface: Interface
  }
  /// What is noted apart from what else.
  private struct Kind: Hashable, Comparable {
    let interface: UInt16
    /// 0xffff where none is meant.
    let group: UInt16
    let code: UInt8
    /// Which rejection.
    let detail: UInt8

    init(_ note: PacketNote) {
      interface = note.interface.index
      group = note.group?.index ?? .max
      code = note.text.code.rawValue
      detail = if case .rejected(let rejection, _, _) = note.text { rejection.rawValue } else { 0 }
    }

    static func < (left: Kind, right: Kind) -> Bool {
      (left.interface, left.group, left.code, left.detail) < (right.interface, right.group, right.code, right.detail)
    }
  }
  private struct Entry {
    var noted: UInt64
    var latest: PacketNote
    var count: UInt32
  }

  /// Nanoseconds between two notes of a kind.
  static let pause: UInt64 = 10_000_000_000
  private var entries: [Kind: Entry] = [:]

  /// Takes a note, and returns it if it is to be sent at once.
  ///
  /// - Parameter now: CLOCK_MONOTONIC in nanoseconds.
  mutating func take(_ note: PacketNote, now: UInt64) -> PacketNote? {
    let kind = Kind(note)
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
  mutating func due(now: UInt64) -> [PacketNote] {
    var notes: [PacketNote] = []
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

extension FoldedNotes.PacketNote {
  /// The note with the number of rejected packets, where it carries one.
  fileprivate func counting(_ count: UInt32) -> Self {
    guard case .rejected(let rejection, let source, _) = text else { return self }
    var note = self
    note.text = .rejected(rejection, source: source, count: count)
    return note
  }
}

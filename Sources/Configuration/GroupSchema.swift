/// `[[group]]`: virtual hosts that share their fate.
extension SchemaReader {
  /// Tells each member, which must be one of the drafts, the name of its group.
  mutating func readGroups(_ entry: TOMLEntry?, into drafts: inout [VirtualHostDraft], preempt: Bool) {
    let indexes = Dictionary(drafts.indices.map { (drafts[$0].name ?? "", $0) }) { first, _ in first }
    var names: [String: Position] = [:]
    let tooMany = "this is one group more than the 256 that carpd takes; remove some"
    for (table, position) in tables(entry, atMost: 256, tooMany: tooMany) {
      refuseUnknownKeys(in: table, of: "[[group]]", known: ["name", "members"])
      let nameEntry = required(table, "name", of: "group", as: "\"router\"", at: position)
      let name = groupName(nameEntry)
      if let name, let nameEntry {
        if let earlier = names[name] {
          diagnostics.error(
            "there is already a group \(quoted(name)) at \(earlier); choose another name", at: nameEntry.value.position)
        }
        names[name] = nameEntry.value.position
      }
      guard let members = required(table, "members", of: "group", as: "[\"eth0-1\", \"eth1-1\"]", at: position) else {
        continue
      }
      readMembers(members, of: name ?? "", into: &drafts, by: indexes, preempt: preempt)
    }
  }

  private mutating func readMembers(
    _ entry: TOMLEntry, of group: String, into drafts: inout [VirtualHostDraft], by indexes: [String: Int],
    preempt: Bool
  ) {
    guard let elements = array(entry) else { return }
    if elements.count < 2 {
      diagnostics.error(
        "members has \(elements.count == 0 ? "none" : "one"); a group needs two virtual hosts that share their fate",
        at: entry.value.position)
    }
    var first: VirtualHostDraft?
    for element in elements {
      guard let index = member(element, by: indexes) else { continue }
      let name = quoted(drafts[index].name ?? "")
      if let earlier = drafts[index].fate {
        diagnostics.error(
          "\(name) is already a member of a group, at \(earlier.position); it can share only one fate",
          at: element.position)
        continue
      }
      drafts[index].fate = .init(value: group, position: element.position)
      if let first {
        checkEqual(drafts[index], first, preempt: preempt, at: element.position)
      } else {
        first = drafts[index]
      }
    }
  }

  private mutating func member(_ value: TOMLValue, by indexes: [String: Int]) -> Int? {
    guard case .string(let text) = value.content else {
      diagnostics.error(
        "a member must be a string, not \(value.kind); write INTERFACE-VHID, as \"eth0-1\"", at: value.position)
      return nil
    }
    if let index = indexes[text], !text.isEmpty { return index }
    // What a virtual host with an error of its own is called is not known.
    if indexes[""] != nil || diagnostics.dropsErrors { return nil }
    let known = indexes.keys.sorted()
    let remedy =
      if let nearest = nearestKey(to: text, among: known) {
        "did you mean \(quoted(nearest))?"
      } else {
        "write INTERFACE-VHID of one that is in this file\(known.first.map { ", as \(quoted($0))" } ?? "")"
      }
    diagnostics.error("there is no virtual host \(quoted(text)); \(remedy)", at: value.position)
    return nil
  }

  /// If members were not equally good, two machines could each be the better one for a part of the group.
  private mutating func checkEqual(
    _ draft: VirtualHostDraft, _ first: VirtualHostDraft, preempt: Bool, at position: Position
  ) {
    let differences = [
      ("advbase", "\(draft.advbase)", "\(first.advbase)"), ("advskew", "\(draft.advskew)", "\(first.advskew)"),
      ("preempt", "\(draft.preempt ?? preempt)", "\(first.preempt ?? preempt)"),
    ]
    for (key, value, other) in differences where value != other {
      diagnostics.error(
        "\(key) of \(quoted(draft.name ?? "")) is \(value), that of \(quoted(first.name ?? "")) \(other); members of a"
          + " group must have the same",
        at: position)
    }
  }

  private mutating func groupName(_ entry: TOMLEntry?) -> String? {
    guard let entry, let name = string(entry) else { return nil }
    guard (1...32).contains(name.utf8.count), name.utf8.allSatisfy({ $0.isBareKeyCharacter || $0 == .dot }) else {
      diagnostics.error(
        "name is \(quoted(name)); write 1...32 letters, digits, '-', '_' or '.'", at: entry.value.position)
      return nil
    }
    return name
  }
}

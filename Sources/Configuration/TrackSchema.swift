/// `[[track]]`.
extension SchemaReader {
  mutating func tracks(_ entry: TOMLEntry?) -> [Track] {
    let tables = tables(
      entry, atMost: 64, tooMany: "this is one track more than the 64 that carpd takes; remove some")
    var tracks: [Track] = []
    var known: [String: Position] = [:]
    for (table, position) in tables {
      guard let track = track(table, at: position) else { continue }
      if let earlier = known[track.interface] {
        diagnostics.error(
          "\(quoted(track.interface)) is already tracked at \(earlier); keep one of the two, with the sum of the demotions",
          at: position)
        continue
      }
      known[track.interface] = position
      tracks.append(track)
    }
    return tracks
  }

  private mutating func track(_ table: TOMLTable, at position: Position) -> Track? {
    refuseUnknownKeys(in: table, of: "[[track]]", known: ["interface", "demotion"])
    let demotion = table.entry("demotion")
    let value = demotion == nil ? 240 : integer(demotion, in: 1...255)
    let name = interfaceName(required(table, "interface", of: "track", as: "\"eth1\"", at: position))
    guard let name, let value else { return nil }
    return Track(interface: name, demotion: UInt8(value), position: position)
  }
}

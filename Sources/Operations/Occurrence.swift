public import Control

/// A virtual host by its interface and vhid.
public struct HostName: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let interface: String
  public let vhid: Int

  public init(interface: String, vhid: Int) {
    self.interface = interface
    self.vhid = vhid
  }

  /// Reads `INTERFACE-VHID`. An interface's name may have hyphens itself; the vhid is behind the last one.
  public init?(_ text: String) {
    guard let hyphen = text.lastIndex(of: "-"), hyphen > text.startIndex,
      let vhid = Int(text[text.index(after: hyphen)...]), (1...255).contains(vhid)
    else { return nil }
    self.init(interface: String(text[..<hyphen]), vhid: vhid)
  }

  /// `INTERFACE-VHID`.
  public var description: String { "\(interface)-\(vhid)" }

  public static func < (left: HostName, right: HostName) -> Bool {
    (left.interface, left.vhid) < (right.interface, right.vhid)
  }
}

/// Something a hook may be told: an event, or the difference between what was told last and what is there.
public struct Occurrence: Equatable, Sendable {
  public var event: EventReport
  /// Whether it was found in a snapshot, and did not come as an event.
  public var isFound: Bool

  public init(_ event: EventReport, isFound: Bool = false) {
    self.event = event
    self.isFound = isFound
  }

  /// The virtual host it is about, if it is about one.
  public var host: HostName? {
    guard let interface = event.interface, let vhid = event.vhid else { return nil }
    return HostName(interface: interface, vhid: vhid)
  }
}

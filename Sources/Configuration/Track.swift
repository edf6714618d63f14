/// One `[[track]]`: an interface that this machine needs, though it has no virtual host.
public struct Track: Equatable, Sendable {
  /// The interface, 1...15 bytes.
  public var interface: String
  /// What the machine is demoted by while the interface is not up, 1...255.
  public var demotion: UInt8
  /// Where the table begins.
  public var position: Position
}

/// What a configuration file says, checked: every value is in its range and nothing contradicts.
public struct Configuration: Equatable, Sendable {
  /// The table `[daemon]`.
  public struct Daemon: Equatable, Sendable {
    /// Whether a better backup takes over from a worse master, where the virtual host does not say; false by default.
    public var preempt = false
    /// Who may change things with `carpctl`: members of this group, root besides; nil for root alone.
    public var adminGroup: String?
    /// Who may look with `carpctl`: members of this group; nil for everybody.
    public var readGroup: String?
    /// Milliseconds after carpd's start during which no virtual host takes a role; 0 by default.
    public var startHold = 0
    /// Milliseconds that a worse master must be heard for before it is preempted; 0 by default.
    public var preemptDelay = 0
    /// Milliseconds after a reload during which the password and addresses from before are accepted too.
    public var transition = 30_000
    /// Milliseconds within which three losses of a role hold preemption back, and for how long; 0, that is off, by default.
    public var flapDamping = 0
    /// What the machine is demoted by while the interface of a virtual host is not up, 0...255.
    public var linkDemotion: UInt8 = 240
    /// What the machine is demoted by while the advertisements of a virtual host cannot be sent, 0...255.
    public var sendDemotion: UInt8 = 240
  }

  /// The table `[audit]`.
  public struct Audit: Equatable, Sendable {
    /// What becomes of an `acquire` whose audit record cannot be written.
    public enum OnFailure: String, Sendable {
      /// The address is taken nevertheless.
      case allow
      /// The address is not taken.
      case deny
    }

    /// The file, an absolute path.
    public var log = "/var/log/carpd/audit.jsonl"
    /// The plain name of the file with the key of the log's chain. Never together with a credential.
    public var keyFile: String?
    /// The systemd credential with the key of the log's chain. Never together with a file.
    public var credential: String?
    /// The size in bytes after which a new file is begun, 64 KiB...1 GiB; 16 MiB by default.
    public var maxSize = 16 << 20
    /// How many full files are kept, 1...100; 8 by default.
    public var keep = 8
    /// What becomes of an `acquire` whose record cannot be written.
    public var onFailure = OnFailure.allow
  }

  /// The table `[daemon]`.
  public var daemon = Daemon()
  /// The table `[audit]`.
  public var audit = Audit()
  /// The tables `[[virtual-host]]` in the order of the file, at most 512.
  public var virtualHosts: [VirtualHost] = []
  /// The tables `[[track]]` in the order of the file, at most 64, with different interfaces.
  public var tracks: [Track] = []

  /// Reads a configuration file. Never traps, whatever the bytes are.
  ///
  /// - Parameters:
  ///   - bytes: the content of the file, at most 1 MiB.
  ///   - fileName: the file as the diagnostics shall name it.
  ///   - worldReadable: whether everybody may read the file; then it must hold no password.
  /// - Returns: the diagnostics in the order of the file, and the configuration, which is nil exactly if one of them is
  ///   an error.
  public static func parse(
    _ bytes: [UInt8], fileName: String, worldReadable: Bool
  ) -> (configuration: Configuration?, diagnostics: [Diagnostic]) {
    let result = SchemaReader.read(bytes, fileName: fileName) {
      $0.configuration($1, worldReadable: worldReadable)
    }
    return (result.value, result.diagnostics)
  }
}

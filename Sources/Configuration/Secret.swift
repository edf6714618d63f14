/// Where the key of a virtual host's digests comes from (CARP section 3).
public enum Secret: Equatable, Sendable {
  /// No password: the key is 20 zero bytes, as on FreeBSD. Protects from nobody.
  case none
  /// `password`: the key itself, 1...20 bytes.
  case password([UInt8])
  /// `password-hex`: the key itself, 1...20 bytes.
  case hex([UInt8])
  /// `password-file`: a file of this plain name in the directory for passwords.
  case file(String)
  /// `credential`: the systemd credential of this name.
  case credential(String)

  /// The most bytes a key has.
  public static let longestKey = 20
}

/// Never shows the key, so that none gets into a log by way of a description.
extension Secret: CustomStringConvertible, CustomDebugStringConvertible {
  /// Which kind of secret, and the name of a file or credential, but never the key.
  public var description: String {
    switch self {
    case .none: "none"
    case .password: "password"
    case .hex: "password-hex"
    case .file(let name): "password-file \(quoted(name))"
    case .credential(let name): "credential \(quoted(name))"
    }
  }

  /// The same as `description`.
  public var debugDescription: String { description }
}

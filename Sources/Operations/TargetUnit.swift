/// The systemd target that is active while a virtual host is MASTER.
public enum TargetUnit {
  /// What all their names begin with.
  public static let prefix = "carp-master@"
  private static let suffix = ".target"

  /// `carp-master@INTERFACE-VHID.target`; in the interface's name, bytes that systemd does not take in the name of a unit
  /// are written `\xNN`, as systemd-escape(1) does.
  public static func name(of host: HostName) -> String {
    var escaped = ""
    for byte in host.interface.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: ":"):
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        escaped += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return "\(prefix)\(escaped)-\(host.vhid)\(suffix)"
  }

  /// The virtual host of a target's name; nil if it is not the name of one.
  public static func host(of name: String) -> HostName? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
    let instance = name.dropFirst(prefix.count).dropLast(suffix.count)
    var bytes: [UInt8] = []
    var rest = Array(instance.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard rest.popFirst() == UInt8(ascii: "x"),
        let escaped = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(escaped)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self).flatMap { HostName($0) }
  }
}

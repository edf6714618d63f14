import Testing

@testable import Configuration

/// A file and the one diagnostic it is answered with, without the name of the file.
struct Golden: Sendable, CustomTestStringConvertible {
  let text: String
  let expected: String

  init(_ text: String, _ expected: String) {
    self.text = text
    self.expected = expected
  }

  var testDescription: String { expected }

  static func parse(_ text: String, worldReadable: Bool = false) -> (Configuration?, [String]) {
    let (configuration, diagnostics) = Configuration.parse(
      Array(text.utf8), fileName: "f", worldReadable: worldReadable)
    return (configuration, diagnostics.map(\.description))
  }

  /// A virtual host, on lines of their own: 1 header, 2 interface, 3 vhid, 4 credential, 5 addresses, 6 what is added.
  static func host(
    interface: String = "\"eth0\"", vhid: String = "1", secret: String = "credential = \"c\"",
    addresses: String = "[\"192.0.2.1/24\"]", _ more: String = ""
  ) -> String {
    """
    [[virtual-host]]
    interface = \(interface)
    vhid = \(vhid)
    \(secret)
    addresses = \(addresses)
    \(more)

    """
  }

  /// The text is refused with this one error; that there may be no virtual host besides is not counted.
  func expectAlone() {
    let (configuration, diagnostics) = Golden.parse(text)
    #expect(configuration == nil)
    #expect(diagnostics.filter { !$0.contains("carpd has nothing to do") } == ["f:" + expected])
  }

  static func unusable(_ address: String, _ reason: String) -> String {
    "5:14: error: \(address) is \(reason), which cannot be shared; write a host's address"
  }
}

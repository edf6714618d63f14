/// An error as it is answered to a call: a qualified name, and parameters that are all text.
public struct VarlinkError: Error, Equatable, Sendable {
  /// The qualified name, as `org.varlink.service.MethodNotFound`.
  public let name: String
  public let parameters: [String: String]

  public init(name: String, parameters: [String: String] = [:]) {
    self.name = name
    self.parameters = parameters
  }

  public static func interfaceNotFound(_ interface: String) -> VarlinkError {
    VarlinkError(name: "org.varlink.service.InterfaceNotFound", parameters: ["interface": interface])
  }
  public static func methodNotFound(_ method: String) -> VarlinkError {
    VarlinkError(name: "org.varlink.service.MethodNotFound", parameters: ["method": method])
  }
  public static func methodNotImplemented(_ method: String) -> VarlinkError {
    VarlinkError(name: "org.varlink.service.MethodNotImplemented", parameters: ["method": method])
  }
  public static func invalidParameter(_ parameter: String) -> VarlinkError {
    VarlinkError(name: "org.varlink.service.InvalidParameter", parameters: ["parameter": parameter])
  }
}

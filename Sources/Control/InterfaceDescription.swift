/// The Varlink interfaces that carpd speaks, as introspection answers with them.
public enum InterfaceDescription {
  /// carpd's own interface.
  public static let controlName = "io.carpd.Control"
  /// The interface that every Varlink service has.
  public static let serviceName = "org.varlink.service"

  /// The text of an interface; nil if carpd does not have it.
  public static func named(_ name: String) -> String? {
    switch name {
    case controlName: control
    case serviceName: service
    default: nil
    }
  }

  private static let service = """
    # The Varlink service interface: what a service is and which interfaces it has.
    interface org.varlink.service

    # Who this is, and the names of its interfaces.
    method GetInfo() -> (
      vendor: string,
      product: string,
      version: string,
      url: string,
      interfaces: []string
    )

    # The description of one interface.
    method GetInterfaceDescription(interface: string) -> (description: string)

    # The interface is not one of this service.
    error InterfaceNotFound (interface: string)

    # The interface has no such method.
    error MethodNotFound (method: string)

    # The method is described but not implemented.
    error MethodNotImplemented (method: string)

    # A parameter is missing, of the wrong type or out of its range.
    error InvalidParameter (parameter: string)

    # The method answers with a stream, and has to be called with `more`.
    error ExpectedMore ()

    """
}

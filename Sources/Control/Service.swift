/// Sorts calls: answers introspection itself, hands carpd's own methods to the daemon.
public enum Service {
  /// What a call asks for.
  public enum Request {
    /// Introspection, or a mistake: the answer is already known.
    case answered(Answer)
    /// A method of carpd's own.
    case control(ControlMethod)
  }

  private struct Info: Encodable {
    let vendor = "carpd"
    let product = "carpd"
    let version = carpdVersion
    let url = ""
    let interfaces = [InterfaceDescription.serviceName, InterfaceDescription.controlName]
  }
  private struct DescriptionParameters: Decodable {
    let interface: String
  }
  private struct Description: Encodable {
    let description: String
  }

  /// What `call` asks for.
  public static func request(of call: Call) -> Request {
    do throws(VarlinkError) {
      guard let dot = call.method.lastIndex(of: ".") else { throw .methodNotFound(call.method) }
      let interface = String(call.method[..<dot])
      let method = String(call.method[call.method.index(after: dot)...])
      switch interface {
      case InterfaceDescription.controlName:
        guard let method = ControlMethod(rawValue: method) else { throw .methodNotFound(call.method) }
        if call.wantsUpgrade { throw .methodNotImplemented(call.method) }
        return .control(method)
      case InterfaceDescription.serviceName:
        return .answered(try introspection(method, call))
      default:
        throw .interfaceNotFound(interface)
      }
    } catch {
      return .answered(.failure(error))
    }
  }

  private static func introspection(_ method: String, _ call: Call) throws(VarlinkError) -> Answer {
    switch method {
    case "GetInfo":
      return .reply(Info())
    case "GetInterfaceDescription":
      let name = try call.parameters(as: DescriptionParameters.self).interface
      guard let description = InterfaceDescription.named(name) else { throw .interfaceNotFound(name) }
      return .reply(Description(description: description))
    default:
      throw .methodNotFound(call.method)
    }
  }
}

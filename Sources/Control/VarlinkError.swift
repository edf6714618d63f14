/// An error as it is answered to a call: those of `org.varlink.service`, and those of `io.carpd.Control`.
public enum VarlinkError: Error, Equatable, Sendable {
  case interfaceNotFound(String)
  case methodNotFound(String)
  case methodNotImplemented(String)
  case invalidParameter(String)
  case expectedMore
  case notAuthorized(method: String, uid: Int)
  case noSuchVirtualHost(interface: String, vhid: Int)
  case noSuchDemotion(name: String)
  case invalidConfiguration([DiagnosticReport])
  case busy
  case notPossible(reason: String)
  /// One that only another version knows, by its qualified name.
  case unknown(String)

  /// The qualified name, as `org.varlink.service.MethodNotFound`.
  public var name: String {
    let service = InterfaceDescription.serviceName
    let control = InterfaceDescription.controlName
    return switch self {
    case .interfaceNotFound: "\(service).InterfaceNotFound"
    case .methodNotFound: "\(service).MethodNotFound"
    case .methodNotImplemented: "\(service).MethodNotImplemented"
    case .invalidParameter: "\(service).InvalidParameter"
    case .expectedMore: "\(service).ExpectedMore"
    case .notAuthorized: "\(control).NotAuthorized"
    case .noSuchVirtualHost: "\(control).NoSuchVirtualHost"
    case .noSuchDemotion: "\(control).NoSuchDemotion"
    case .invalidConfiguration: "\(control).InvalidConfiguration"
    case .busy: "\(control).Busy"
    case .notPossible: "\(control).NotPossible"
    case .unknown(let name): name
    }
  }
}

/// `{"error": NAME, "parameters": {...}}`.
extension VarlinkError: Codable {
  private enum Envelope: CodingKey {
    case error, parameters
  }
  private enum Parameter: CodingKey {
    case interface, method, parameter, uid, vhid, name, diagnostics, reason
  }

  public func encode(to encoder: any Encoder) throws {
    var envelope = encoder.container(keyedBy: Envelope.self)
    try envelope.encode(name, forKey: .error)
    var parameters = envelope.nestedContainer(keyedBy: Parameter.self, forKey: .parameters)
    switch self {
    case .interfaceNotFound(let interface): try parameters.encode(interface, forKey: .interface)
    case .methodNotFound(let method), .methodNotImplemented(let method): try parameters.encode(method, forKey: .method)
    case .invalidParameter(let parameter): try parameters.encode(parameter, forKey: .parameter)
    case .notAuthorized(let method, let uid):
      try parameters.encode(method, forKey: .method)
      try parameters.encode(uid, forKey: .uid)
    case .noSuchVirtualHost(let interface, let vhid):
      try parameters.encode(interface, forKey: .interface)
      try parameters.encode(vhid, forKey: .vhid)
    case .noSuchDemotion(let name): try parameters.encode(name, forKey: .name)
    case .invalidConfiguration(let diagnostics): try parameters.encode(diagnostics, forKey: .diagnostics)
    case .notPossible(let reason): try parameters.encode(reason, forKey: .reason)
    case .expectedMore, .busy, .unknown: break
    }
  }

  public init(from decoder: any Decoder) throws {
    let envelope = try decoder.container(keyedBy: Envelope.self)
    let name = try envelope.decode(String.self, forKey: .error)
    guard let parameters = try? envelope.nestedContainer(keyedBy: Parameter.self, forKey: .parameters) else {
      self = [.busy, .expectedMore].first { $0.name == name } ?? .unknown(name)
      return
    }
    let text = { (key: Parameter) in (try? parameters.decode(String.self, forKey: key)) ?? "" }
    let number = { (key: Parameter) in (try? parameters.decode(Int.self, forKey: key)) ?? 0 }
    let diagnostics = (try? parameters.decode([DiagnosticReport].self, forKey: .diagnostics)) ?? []
    let known: [VarlinkError] = [
      .interfaceNotFound(text(.interface)), .methodNotFound(text(.method)), .methodNotImplemented(text(.method)),
      .invalidParameter(text(.parameter)), .expectedMore, .notAuthorized(method: text(.method), uid: number(.uid)),
      .noSuchVirtualHost(interface: text(.interface), vhid: number(.vhid)), .noSuchDemotion(name: text(.name)),
      .invalidConfiguration(diagnostics), .busy, .notPossible(reason: text(.reason)),
    ]
    self = known.first { $0.name == name } ?? .unknown(name)
  }
}

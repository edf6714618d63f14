/// The fields of a payload in the order of the wire, by which it is read and written.
struct Layout<Payload>: Sendable {
  let read: @Sendable (inout Payload, inout Reader) throws(Malformed) -> Void
  let append: @Sendable (Payload, inout [UInt8]) -> Void
  init<each T: Field>(_ fields: repeat any WritableKeyPath<Payload, each T> & Sendable) {
    read = { (payload, read) throws(Malformed) in
      for field in repeat each fields { payload[keyPath: field] = try read() }
    }
    append = { payload, bytes in
      for field in repeat each fields { payload[keyPath: field].append(to: &bytes) }
    }
  }
}

/// One of the larger messages: it says only how its fields are laid out.
protocol Payload: Field {
  init()
  static var layout: Layout<Self> { get }
}

extension Payload {
  init(_ read: inout Reader) throws(Malformed) {
    self.init()
    try Self.layout.read(&self, &read)
  }
  func append(to bytes: inout [UInt8]) { Self.layout.append(self, &bytes) }
}

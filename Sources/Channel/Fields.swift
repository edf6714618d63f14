/// Walks the fields of a message in wire order. One description of a message serves both directions, so that the two
/// ends cannot disagree: an encoder appends each field, a decoder fills it in. All integers are big-endian.
public struct Fields {
  /// What was encoded so far, or what is being decoded.
  public private(set) var bytes: [UInt8]
  private var position = 0
  private let decoding: Bool
  /// False once a field was missing or held a value it must not.
  public private(set) var isValid = true

  init() {
    bytes = []
    decoding = false
  }
  init(decoding bytes: [UInt8]) {
    self.bytes = bytes
    decoding = true
  }

  /// True when every byte was used and every field was legal.
  var isComplete: Bool { isValid && position == bytes.count }

  mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ value: inout T) {
    let size = T.bitWidth / 8
    if decoding {
      guard bytes.count - position >= size else { return fail() }
      value = 0
      // Shifting by a whole byte is not defined for UInt8 itself, hence the wide intermediate.
      var wide: UInt64 = 0
      for byte in bytes[position..<position + size] { wide = wide << 8 | UInt64(byte) }
      value = T(truncatingIfNeeded: wide)
      position += size
    } else {
      for shift in (0..<size).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> T(shift * 8))) }
    }
  }

  mutating func boolean(_ value: inout Bool) {
    var byte: UInt8 = value ? 1 : 0
    integer(&byte)
    if byte > 1 { fail() }
    value = byte == 1
  }

  mutating func choice<E: RawRepresentable>(_ value: inout E) where E.RawValue == UInt8 {
    var byte = value.rawValue
    integer(&byte)
    guard let known = E(rawValue: byte) else { return fail() }
    value = known
  }

  /// `capacity` bytes on the wire, of which `value` holds the used ones; the rest must be zero.
  mutating func bytes(_ value: inout [UInt8], capacity: Int) {
    var count = UInt16(truncatingIfNeeded: min(value.count, capacity))
    integer(&count)
    guard Int(count) <= capacity else { return fail() }
    if decoding {
      guard bytes.count - position >= capacity else { return fail() }
      let end = position + Int(count)
      value = Array(bytes[position..<end])
      if bytes[end..<position + capacity].contains(where: { $0 != 0 }) { fail() }
      position += capacity
    } else {
      bytes.append(contentsOf: value.prefix(capacity))
      bytes.append(contentsOf: repeatElement(0, count: capacity - Int(count)))
    }
  }

  mutating func text(_ value: inout String, capacity: Int) {
    var utf8 = Array(value.utf8)
    bytes(&utf8, capacity: capacity)
    guard decoding else { return }
    // Mended text would not be what was sent.
    if let text = String(validating: utf8, as: UTF8.self) { value = text } else { fail() }
  }

  private mutating func fail() { isValid = false }
}

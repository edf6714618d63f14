/// The bytes of an integer in network order.
func bigEndianBytes<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) -> [UInt8] {
  stride(from: Value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
}

/// The integer that these bytes are in network order; only the last bytes count if there are more than it holds.
func bigEndian<Value: FixedWidthInteger & UnsignedInteger>(_ bytes: ArraySlice<UInt8>) -> Value {
  bytes.reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
}

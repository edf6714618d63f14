/// The last few of many values; the oldest is forgotten first.
struct RecentValues<Value: Equatable> {
  private let capacity: Int
  private var values: [Value] = []
  private var oldest = 0

  init(capacity: Int) {
    self.capacity = max(1, capacity)
  }

  mutating func append(_ value: Value) {
    if values.count < capacity {
      values.append(value)
    } else {
      values[oldest] = value
      oldest = (oldest + 1) % capacity
    }
  }

  /// From the oldest to the newest.
  var inOrder: [Value] { Array(values[oldest...] + values[..<oldest]) }

  func contains(_ value: Value) -> Bool { values.contains(value) }
}

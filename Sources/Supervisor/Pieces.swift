import Linux

extension EventLoop {
  /// Works on `items` piece by piece, the first one at once; between two the loop turns, so that no advertisement waits
  /// for a thousand addresses. `body` says whether to go on.
  func inPieces<T>(_ items: ArraySlice<T>, of size: Int, _ body: @escaping (ArraySlice<T>) -> Bool) {
    guard !items.isEmpty, body(items.prefix(size)), items.count > size else { return }
    after(milliseconds: 1) { [weak self] in self?.inPieces(items.dropFirst(size), of: size, body) }
  }
}

/// Writes over memory that was given back: the message with the original key passed through arrays of other modules,
/// which do not clear what they let go. The allocator hands out again what it got back last, by size, so a few blocks
/// of each size that such a message can need come to lie where its copies were.
func overwriteFreedMemory() {
  for size in stride(from: 16, through: 1024, by: 16) {
    let blocks = (0..<8).map { _ in [UInt8](repeating: 0xff, count: size) }
    withExtendedLifetime(blocks) {}
  }
}

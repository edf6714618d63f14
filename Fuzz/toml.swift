/// The entry of libFuzzer for configuration files: reading one must return, whatever the bytes are, and must give a
/// configuration exactly if it finds no error.
///
///     swiftc -swift-version 6 -O -sanitize=fuzzer,address -use-ld=lld -parse-as-library \
///       Sources/Configuration/*.swift Fuzz/toml.swift -o fuzz-toml
///     ./fuzz-toml -max_total_time=60 -max_len=4096 CORPUS conf
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzConfiguration(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let readable = count.isMultiple(of: 2)
  let (configuration, diagnostics) = Configuration.parse(bytes, fileName: "fuzz", worldReadable: readable)
  precondition((configuration == nil) == diagnostics.contains { $0.severity == .error })
  return 0
}

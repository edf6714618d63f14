/// Hands back the pages of the program and its libraries: most are touched only now and then, at the start by the loader,
/// later by the runtime's searches through its tables. What is used again comes back from the page cache, in well below a
/// millisecond for all of it.
func releaseProgramPages() {
  _ = unsafe dl_iterate_phdr(
    { object, _, _ in
      guard let object = unsafe object?.pointee else { return 0 }
      for index in unsafe 0..<Int(object.dlpi_phnum) {
        let segment = unsafe object.dlpi_phdr[index]
        if segment.p_type != PT_LOAD || segment.p_flags & UInt32(PF_W) != 0 { continue }
        let start = unsafe UInt(object.dlpi_addr + segment.p_vaddr)
        let page = unsafe UnsafeMutableRawPointer(bitPattern: start & ~4095)
        _ = unsafe madvise(page, Int(segment.p_memsz) + Int(start % 4096), MADV_DONTNEED)
      }
      return 0
    }, nil)
}

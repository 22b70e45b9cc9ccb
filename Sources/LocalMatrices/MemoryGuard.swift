// Refuses a buffer that this machine cannot hold before it is allocated, so that a small file with a
// huge shape ends in an error instead of in swapping.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How much memory a single result may take.
public enum MemoryGuard {
  /// The physical memory of this machine in bytes.
  public static var physicalBytes: Int {
    Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Whether this process could have `bytes` more now: not beyond the limits that it was started with (`ulimit -v`,
  /// `-d`). Nothing is taken.
  public static func hasRoom(for bytes: Int) -> Bool {
    #if os(Linux)
      let (access, kind) = (PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
      let place = mmap(nil, max(bytes, 1), access, kind, -1, 0)
      guard place != MAP_FAILED else { return false }
      munmap(place, max(bytes, 1))
    #endif
    return true
  }

  /// Checks that `rows * columns * bytesPerElement` bytes fit three quarters of the physical memory.
  ///
  /// - Throws: `outOfMemory` with the bytes needed and available.
  public static func check(_ what: String, _ rows: Int, _ columns: Int, bytesPerElement: Int)
    throws(LinearAlgebraError)
  {
    let available = physicalBytes / 4 * 3
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    let (bytes, overflowed) = count.multipliedReportingOverflow(by: bytesPerElement)
    guard !overflow, !overflowed, bytes <= available else {
      throw .outOfMemory(
        what: what, bytesNeeded: overflow || overflowed ? .max : bytes, bytesAvailable: available)
    }
  }
}

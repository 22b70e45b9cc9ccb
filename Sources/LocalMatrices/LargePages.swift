// Arrays that are about to be written for the first time. The kernel gives memory out in pages of 4096 bytes,
// and a fault for each costs more than what is written to it; reading here and there in a large array misses
// the table of pages besides. Where the kernel gives pages of two megabytes to those who ask (Linux:
// /sys/kernel/mm/transparent_hugepage/enabled), large arrays ask.

#if canImport(Glibc)
  import Glibc
#endif

extension Array {
  /// Less is not worth asking for.
  @usableFromInline package static var leastBytesInLargePages: Int { 4 << 20 }

  /// An array with room for `capacity` elements, in large pages where it is large, of which `initialize` writes
  /// the first and says how many. The room is kept.
  @inlinable
  package init(
    inLargePages capacity: Int, _ initialize: (inout UnsafeMutableBufferPointer<Element>, inout Int) -> Void
  ) {
    self.init(unsafeUninitializedCapacity: capacity) { buffer, count in
      askForLargePages(UnsafeMutableRawBufferPointer(buffer))
      initialize(&buffer, &count)
    }
  }

  /// An empty array with room for `capacity` elements, in large pages where it is large.
  @inlinable
  package init(roomInLargePages capacity: Int) { self.init(inLargePages: capacity) { _, _ in } }
}

/// Asks for large pages behind the whole pages of `memory`. Advice that is not taken does no harm.
@usableFromInline
package func askForLargePages(_ memory: UnsafeMutableRawBufferPointer) {
  #if canImport(Glibc)
    let pageSize = 4096
    guard memory.count >= [UInt8].leastBytesInLargePages, let base = memory.baseAddress else { return }
    let first = base.alignedUp(toMultipleOf: pageSize)
    let last = (base + memory.count).alignedDown(toMultipleOf: pageSize)
    _ = madvise(first, last - first, MADV_HUGEPAGE)
  #endif
}

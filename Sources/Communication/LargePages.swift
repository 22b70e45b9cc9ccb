// Memory that is about to be filled for the first time. The kernel gives it out in pages of 4096 bytes, and a
// page fault for each costs more than what is written to it: on a virtual machine 64 MiB took 47 ms, in pages
// of two megabytes 9 ms. Where the kernel gives large pages to those who ask (Linux:
// /sys/kernel/mm/transparent_hugepage/enabled), we ask.

import Glibc

/// Asks for large pages.
package enum LargePages {
  /// Less is not worth asking for.
  package static let leastBytes = 4 << 20
  private static let pageSize = 4096

  /// Asks for large pages behind the whole pages of `memory`. Advice that is not taken does no harm.
  package static func ask(for memory: UnsafeMutableRawBufferPointer) {
    guard memory.count >= leastBytes, let base = memory.baseAddress else { return }
    let first = base.alignedUp(toMultipleOf: pageSize)
    let last = (base + memory.count).alignedDown(toMultipleOf: pageSize)
    _ = madvise(first, last - first, MADV_HUGEPAGE)
  }
}

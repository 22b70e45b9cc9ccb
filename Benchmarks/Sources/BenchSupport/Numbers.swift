// Memory that C loops run over, shared by threads that each take a part.

#if canImport(Glibc)
  import Glibc
#endif

/// So many doubles, touched; in large pages where the kernel gives them to those who ask, as the library's own are.
///
/// `@unchecked Sendable`: threads read it together, or write parts of their own.
public final class Numbers: @unchecked Sendable {
  public let base: UnsafeMutablePointer<Double>
  public let count: Int

  public init(_ count: Int) {
    let page = 2 << 20
    self.count = count
    base = UnsafeMutableRawPointer.allocate(byteCount: max(8, 8 * count), alignment: page)
      .bindMemory(to: Double.self, capacity: count)
    #if canImport(Glibc)
      _ = madvise(base, 8 * count / page * page, MADV_HUGEPAGE)
    #endif
    base.initialize(repeating: 1, count: count)
  }

  deinit { UnsafeMutableRawPointer(base).deallocate() }
}

/// A place for each thread's result, so that no loop is without one; a cache line each.
///
/// `@unchecked Sendable`: no two threads have the same place.
public final class Sink: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Double>

  public init(_ count: Int) {
    base = .allocate(capacity: 8 * count)
    base.initialize(repeating: 0, count: 8 * count)
  }

  deinit { base.deallocate() }

  public subscript(thread: Int) -> Double {
    get { base[8 * thread] }
    set { base[8 * thread] = newValue }
  }
}

// Memory that C loops run over, shared by threads that each take a part.

/// So many doubles, touched.
///
/// `@unchecked Sendable`: threads read it together, or write parts of their own.
final class Numbers: @unchecked Sendable {
  let base: UnsafeMutablePointer<Double>

  init(_ count: Int) {
    base = .allocate(capacity: count)
    base.initialize(repeating: 1, count: count)
  }

  deinit { base.deallocate() }
}

/// A place for each thread's result, so that no loop is without one; a cache line each.
///
/// `@unchecked Sendable`: no two threads have the same place.
final class Sink: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Double>

  init(_ count: Int) {
    base = .allocate(capacity: 8 * count)
    base.initialize(repeating: 0, count: 8 * count)
  }

  deinit { base.deallocate() }

  subscript(thread: Int) -> Double {
    get { base[8 * thread] }
    set { base[8 * thread] = newValue }
  }
}

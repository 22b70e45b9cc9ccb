// Floating-point operations, counted where they are done: a kernel adds what it is about to do to a count of
// its thread, and whoever measures a task reads the count before and after, as PETSc's PetscLogFlops and
// -log_view do. About 5 ns a call: a kernel counts once, not per element.

/// The floating-point operations of the calling thread so far.
public enum FlopCount {
  private static let count = ThreadCount()

  /// The count. Only differences mean something; they may wrap around.
  public static var current: UInt { count.value }

  /// Adds to the count. A task of a user's own says so what its loops do; the library's kernels count by
  /// themselves.
  public static func add(_ flops: Int) { count.add(flops) }

  /// What has been added since the count was `earlier`.
  public static func since(_ earlier: UInt) -> Int { max(0, Int(bitPattern: current &- earlier)) }
}

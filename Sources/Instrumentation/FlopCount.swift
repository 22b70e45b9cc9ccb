// Floating-point operations, counted where they are done: a kernel adds what it is about to do to a count of
// its thread, and whoever measures a task reads the count before and after, as PETSc's PetscLogFlops and
// -log_view do. A count is a thread's own value (pthread_setspecific) and not a pointer to one, so there is
// nothing to allocate or free. About 5 ns a call: a kernel counts once, not per element.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The floating-point operations of the calling thread so far.
public enum FlopCount {
  private static let key = {
    var key = pthread_key_t()
    let error = pthread_key_create(&key, nil)
    precondition(error == 0, "no room for a thread's own value: \(error)")
    return key
  }()

  /// The count. Only differences mean something; they may wrap around.
  public static var current: UInt { UInt(bitPattern: pthread_getspecific(key)) }

  /// Adds to the count. A task of a user's own says so what its loops do; the library's kernels count by
  /// themselves.
  public static func add(_ flops: Int) {
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: current &+ UInt(bitPattern: flops)))
  }

  /// What has been added since the count was `earlier`.
  public static func since(_ earlier: UInt) -> Int { max(0, Int(bitPattern: current &- earlier)) }
}

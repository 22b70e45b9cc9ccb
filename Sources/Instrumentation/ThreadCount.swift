// A count of each thread's own. It is the thread's value itself (pthread_setspecific) and not a pointer to one, so
// there is nothing to allocate or free. About 5 ns a call.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A number for every thread, zero at first; additions wrap around.
package struct ThreadCount: Sendable {
  private let key: pthread_key_t

  package init() {
    var key = pthread_key_t()
    let error = pthread_key_create(&key, nil)
    precondition(error == 0, "no room for a thread's own value: \(error)")
    self.key = key
  }

  /// The calling thread's.
  package var value: UInt { UInt(bitPattern: pthread_getspecific(key)) }

  /// Adds to the calling thread's.
  package func add(_ amount: Int) {
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: value &+ UInt(bitPattern: amount)))
  }
}

// How long each thread has waited for messages: a receive has waited for what that has grown by since it began. One sum
// for all threads of an end would give each of two that wait at once the time of both. Two lookups of some
// nanoseconds a receive.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The calling thread's account, kept by the transports that know when a receive sleeps.
package enum ThreadWaiting {
  /// The nanoseconds are the pointer that the system keeps for each thread: nothing is allocated or freed.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let failure = pthread_key_create(&key, nil)
    precondition(failure == 0, "the system has no room for another value of each thread")
    return key
  }()

  /// Nanoseconds so far.
  package static var time: Int { Int(bitPattern: pthread_getspecific(key)) }

  /// Adds nanoseconds.
  package static func add(_ nanoseconds: Int) {
    pthread_setspecific(key, UnsafeRawPointer(bitPattern: time + nanoseconds))
  }
}

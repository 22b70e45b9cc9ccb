// How long each thread has waited for messages: a receive has waited for what that has grown by since it began. One sum
// for all threads of an end would give each of two that wait at once the time of both. Two lookups of some
// nanoseconds a receive.

import TesseraInstrumentation

/// The calling thread's account, kept by the transports that know when a receive sleeps.
package enum ThreadWaiting {
  private static let count = ThreadCount()

  /// Nanoseconds so far.
  package static var time: Int { Int(bitPattern: count.value) }

  /// Adds nanoseconds.
  package static func add(_ nanoseconds: Int) { count.add(nanoseconds) }
}

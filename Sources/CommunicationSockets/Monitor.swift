// A lock and the conditions that are waited for under it.

import Glibc

/// A lock that does not move, and a clock.
///
/// `@unchecked Sendable`: the mutex is made to be shared.
final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }

  /// Nanoseconds of the monotonic clock, to a few milliseconds: enough for heartbeats, and cheap.
  static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  /// Something to wait for under the lock.
  ///
  /// `@unchecked Sendable`: the condition is made to be shared.
  final class Condition: @unchecked Sendable {
    private let monitor: Monitor
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(_ monitor: Monitor) {
      self.monitor = monitor
      var attributes = pthread_condattr_t()
      pthread_condattr_init(&attributes)
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
      condition.initialize(to: pthread_cond_t())
      pthread_cond_init(condition, &attributes)
      pthread_condattr_destroy(&attributes)
    }

    deinit {
      pthread_cond_destroy(condition)
      condition.deallocate()
    }

    /// No wait is longer, in nanoseconds: as in `AdaptiveMonitor`, a wake-up that is lost is to cost a moment and
    /// not the job.
    private static let longestWait = 1_000_000_000

    /// Lets go of the lock until it is signalled, or for no reason, or until the monotonic clock says `deadline`.
    func wait(until deadline: Int = .max) {
      let end = min(deadline, Monitor.now() + Self.longestWait)
      var time = timespec(tv_sec: end / 1_000_000_000, tv_nsec: end % 1_000_000_000)
      pthread_cond_timedwait(condition, monitor.mutex, &time)
    }
    func signal() { pthread_cond_signal(condition) }
    func broadcast() { pthread_cond_broadcast(condition) }
  }
}

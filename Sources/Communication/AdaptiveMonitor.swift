// A lock, and waiting under it for what other threads do. Whoever waits looks for a moment first, and only then
// sleeps (Patience.swift).

import Glibc
import Synchronization
import TesseraInstrumentation

/// A lock with one condition.
///
/// `@unchecked Sendable`: the mutex and the condition are made to be shared, and every access to the stored
/// variables holds the mutex.
package final class AdaptiveMonitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// How often something has happened that a waiting thread may be waiting for.
  private let events = Atomic(0)
  private var sleepers = 0
  private var patience = Patience()

  package init() {
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    condition.initialize(to: pthread_cond_t())
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  package func lock() { pthread_mutex_lock(mutex) }

  package func unlock() { pthread_mutex_unlock(mutex) }

  /// Lets go of the lock, and lets those who wait see what has happened under it.
  package func unlockAndNotify() {
    events.add(1, ordering: .releasing)
    let hasSleepers = sleepers > 0
    pthread_mutex_unlock(mutex)
    // Never one alone, though there was only one: another that has fallen asleep since, waiting for something else,
    // would take the signal from it.
    if hasSleepers { pthread_cond_broadcast(condition) }
  }

  /// Lets those who wait see what has happened, as soon as the lock is let go of.
  package func notify() {
    events.add(1, ordering: .releasing)
    if sleepers > 0 { pthread_cond_broadcast(condition) }
  }

  /// Lets go of the lock until something has happened, or for no reason, or until the monotonic clock says
  /// `deadline`.
  package func wait(until deadline: Int = .max) {
    let start = MonotonicClock.now()
    let seen = events.load(ordering: .relaxed)
    let patience = patience
    var longestPause = 0
    if patience.isThere {
      pthread_mutex_unlock(mutex)
      var now = start
      repeat {
        sched_yield()
        let before = now
        now = MonotonicClock.now()
        longestPause = max(longestPause, now - before)
      } while events.load(ordering: .acquiring) == seen && patience.lasts(now - start) && now < deadline
      pthread_mutex_lock(mutex)
    }
    if events.load(ordering: .relaxed) == seen { sleep(atMost: deadline - MonotonicClock.now()) }
    self.patience.learn(waited: MonotonicClock.now() - start, longestPause: longestPause)
  }

  /// No sleep is longer, in nanoseconds: C libraries have lost wake-ups (glibc 2.25 to 2.40, bug 25847), and one
  /// that is lost is to cost a moment and not the job.
  package static let longestSleep = 1_000_000_000

  /// Lets go of the lock until something has happened, or for no reason, or for so many nanoseconds, without a look
  /// before.
  package func sleep(atMost nanoseconds: Int = longestSleep) {
    let end = MonotonicClock.now() + min(nanoseconds, Self.longestSleep)
    var time = timespec(tv_sec: end / 1_000_000_000, tv_nsec: end % 1_000_000_000)
    sleepers += 1
    pthread_cond_timedwait(condition, mutex, &time)
    sleepers -= 1
  }
}

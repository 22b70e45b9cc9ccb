// The background thread: it polls when no caller has been here for a millisecond, and sleeps as long as one
// waits here.

import Glibc
import Synchronization

extension Progress {
  func startBackgroundThread() {
    guard connections.contains(where: { $0 != nil }) else { return }
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(self)
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Progress>.fromOpaque(argument).takeRetainedValue().runInBackground()
        return nil
      }, argument.toOpaque())
    if failure == 0 { backgroundThread = thread } else { argument.release() }
  }

  func joinBackgroundThread() {
    guard let backgroundThread else { return }
    if pthread_equal(backgroundThread, pthread_self()) != 0 {
      // A loss handler that runs on it has dropped the communicator.
      pthread_detach(backgroundThread)
    } else {
      pthread_join(backgroundThread, nil)
    }
    self.backgroundThread = nil
  }

  func runInBackground() {
    monitor.lock()
    while !hasEnded {
      monitor.unlock()
      let isCalm = waitForCalm()
      monitor.lock()
      if isCalm, callersInside == 0 {
        while callersInside == 0, !hasEnded {
          round(backgroundPoller, until: .max)
          tellLosses()
        }
      } else if !isPolledByCaller, Monitor.now() - lastRound > Self.longestNeglect {
        round(backgroundPoller, until: 0)
        tellLosses()
      } else if isCalm {
        isStandingBy = true
        while isStandingBy, !hasEnded { calm.wait() }
      }
    }
    monitor.unlock()
  }

  /// Whether no caller has left for a while. Looks without the lock: callers that come and go are not held up.
  private func waitForCalm() -> Bool {
    for _ in 0..<Self.mostTicks {
      let seen = visits.load(ordering: .relaxed)
      usleep(Self.calmMicroseconds)
      if visits.load(ordering: .relaxed) == seen { return true }
    }
    return false
  }
}

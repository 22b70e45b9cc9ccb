// The background thread: it polls when no caller has been here for a millisecond, and sleeps as long as one
// waits here.

import Glibc

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
      let seen = visits
      monitor.unlock()
      usleep(Self.calmMicroseconds)
      monitor.lock()
      if callersInside == 0, visits == seen {
        while callersInside == 0, !hasEnded {
          round(backgroundPoller, until: .max)
          tellLosses()
        }
      } else if !isPolledByCaller, Monitor.now() - lastRound > Self.longestNeglect {
        round(backgroundPoller, until: 0)
        tellLosses()
      } else if callersInside > 0 {
        isStandingBy = true
        while isStandingBy, !hasEnded { calm.wait() }
      }
    }
    monitor.unlock()
  }
}

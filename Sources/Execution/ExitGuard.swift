// A task that calls exit() in the driver's own process would end the job with no result, with no error, and with
// whatever code it chose, mostly 0. In another process the same call loses a worker; here all that can be done is to
// say what has happened. (Whoever calls _exit, or is killed, is not seen.)

import Glibc

/// Watches how the process ends.
enum ExitGuard {
  /// After sysexits(3): an internal error.
  private static let exitCode: Int32 = 70

  /// Makes it an error from now on when a thread that runs tasks ends the process. Costs nothing until then.
  static func watch() { _ = isWatching }

  private static let isWatching = atexit {
    guard WorkerThreads.isTaskThread else { return }
    let line = Array("tessera: a task has called exit() in the driver's process; there is no result\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    _exit(ExitGuard.exitCode)
  }
}

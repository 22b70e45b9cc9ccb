// Jobs that the driver program hands to the thread of rank 0. The program is asynchronous and waits in a
// continuation; the thread sleeps until there is a job.

import Foundation

/// Work for rank 0, first in, first out.
///
/// `@unchecked Sendable`: every access to the stored properties holds the condition's lock.
final class DriverQueue: @unchecked Sendable {
  typealias Job = @Sendable (Worker) -> Void

  private let condition = NSCondition()
  private var jobs: [Job] = []
  private var isClosed = false

  /// Adds a job; false when the queue is closed and the job will not be done.
  func push(_ job: @escaping Job) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if isClosed { return false }
    jobs.append(job)
    condition.signal()
    return true
  }

  /// No more jobs come; those already here are done first.
  func close() {
    condition.lock()
    defer { condition.unlock() }
    isClosed = true
    condition.signal()
  }

  /// Waits for the next job; nil when the queue is closed and empty.
  func next() -> Job? {
    condition.lock()
    defer { condition.unlock() }
    while jobs.isEmpty && !isClosed { condition.wait() }
    return jobs.isEmpty ? nil : jobs.removeFirst()
  }
}

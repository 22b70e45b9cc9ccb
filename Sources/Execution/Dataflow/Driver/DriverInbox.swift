// What the program has said and the driver has not heard yet. Most of it waits for what the program says next:
// a collection that is defined or released is nobody's business before something is wanted.

import TesseraCommunication
import TesseraInstrumentation

/// Messages in order, and a sleep that somebody can end.
///
/// `@unchecked Sendable`: every access to the stored variables holds the monitor's lock.
final class DriverInbox<Message: Sendable>: @unchecked Sendable {
  private let monitor = AdaptiveMonitor()
  private var messages: [Message] = []
  private var isWoken = false
  private var isClosed = false

  /// Adds a message and wakes nobody; false when nobody will take it any more.
  func push(_ message: Message) -> Bool {
    monitor.lock()
    defer { monitor.unlock() }
    if !isClosed { messages.append(message) }
    return !isClosed
  }

  /// Takes what is there.
  func takeAll() -> [Message] {
    monitor.lock()
    defer {
      messages = []
      monitor.unlock()
    }
    return messages
  }

  /// No more messages come; those already here can be taken.
  func close() {
    monitor.lock()
    defer { monitor.unlock() }
    isClosed = true
  }

  /// Ends the sleep, or the next one.
  func wake() {
    monitor.lock()
    isWoken = true
    monitor.unlockAndNotify()
  }

  /// Sleeps so many seconds, or until somebody wakes.
  func sleep(seconds: Double) {
    monitor.lock()
    defer { monitor.unlock() }
    let end = MonotonicClock.now() + Int(seconds * 1e9)
    while !isWoken, MonotonicClock.now() < end { monitor.wait(until: end) }
    isWoken = false
  }
}

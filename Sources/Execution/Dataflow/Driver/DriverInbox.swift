// What the program has said and the driver has not heard yet. Most of it waits for what the program says next:
// a collection that is defined or released is nobody's business before something is wanted.

import Foundation

/// Messages in order, and a sleep that somebody can end.
///
/// `@unchecked Sendable`: every access to the stored variables holds the condition's lock.
final class DriverInbox<Message: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var messages: [Message] = []
  private var isWoken = false
  private var isClosed = false

  /// Adds a message and wakes nobody; false when nobody will take it any more.
  func push(_ message: Message) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if !isClosed { messages.append(message) }
    return !isClosed
  }

  /// Takes what is there.
  func takeAll() -> [Message] {
    condition.lock()
    defer {
      messages = []
      condition.unlock()
    }
    return messages
  }

  /// No more messages come; those already here can be taken.
  func close() {
    condition.lock()
    defer { condition.unlock() }
    isClosed = true
  }

  /// Ends the sleep, or the next one.
  func wake() {
    condition.lock()
    defer { condition.unlock() }
    isWoken = true
    condition.signal()
  }

  /// Sleeps so many seconds, or until somebody wakes.
  func sleep(seconds: Double) {
    condition.lock()
    defer { condition.unlock() }
    let end = Date(timeIntervalSinceNow: seconds)
    while !isWoken, condition.wait(until: end) {}
    isWoken = false
  }
}

// Messages that wait for one worker, in order of arrival; a taker sleeps until what it wants is there.

import Foundation

/// A worker's incoming messages.
///
/// `@unchecked Sendable`: every access to the stored properties holds the condition's lock.
final class Mailbox: @unchecked Sendable {
  /// Whom a message is from and what it belongs to.
  private struct Sender: Hashable {
    let source: Int
    let tag: Tag
  }

  /// Messages in order of arrival; those before `first` are taken.
  private struct Queue {
    var messages: [(any Sendable)?] = []
    var first = 0
  }

  private let condition = NSCondition()
  private var queues: [Sender: Queue] = [:]
  private var closedReason: String?

  func put(_ value: any Sendable, from source: Int, tag: Tag) throws(CommunicationError) {
    condition.lock()
    defer { condition.unlock() }
    if let closedReason { throw .closed(reason: closedReason) }
    queues[Sender(source: source, tag: tag), default: Queue()].messages.append(value)
    // Only the mailbox's own worker waits here.
    condition.signal()
  }

  func take(from source: Int, tag: Tag) throws(CommunicationError) -> any Sendable {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let closedReason { throw .closed(reason: closedReason) }
      if let value = next(from: Sender(source: source, tag: tag)) { return value }
      condition.wait()
    }
  }

  /// The first message that is not taken, in constant time.
  private func next(from sender: Sender) -> (any Sendable)? {
    guard let index = queues[sender]?.first, let value = queues[sender]?.messages[index] else { return nil }
    queues[sender]?.messages[index] = nil
    queues[sender]?.first = index + 1
    if index + 1 == queues[sender]?.messages.count { queues[sender] = nil }
    return value
  }

  func close(reason: String) {
    condition.lock()
    defer { condition.unlock() }
    closedReason = closedReason ?? reason
    condition.broadcast()
  }
}

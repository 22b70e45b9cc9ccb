// Messages that wait for one worker, in order of arrival; a taker sleeps until what it wants is there.

import Foundation

/// A worker's incoming messages.
///
/// `@unchecked Sendable`: every access to the stored properties holds the condition's lock.
final class Mailbox: @unchecked Sendable {
  private struct Message {
    let source: Int
    let tag: Tag
    let value: any Sendable
  }

  private let condition = NSCondition()
  private var messages: [Message] = []
  private var closedReason: String?

  func put(_ value: any Sendable, from source: Int, tag: Tag) throws(CommunicationError) {
    condition.lock()
    defer { condition.unlock() }
    if let closedReason { throw .closed(reason: closedReason) }
    messages.append(Message(source: source, tag: tag, value: value))
    // Only the mailbox's own worker waits here.
    condition.signal()
  }

  func take(from source: Int, tag: Tag) throws(CommunicationError) -> any Sendable {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let closedReason { throw .closed(reason: closedReason) }
      if let index = messages.firstIndex(where: { $0.source == source && $0.tag == tag }) {
        return messages.remove(at: index).value
      }
      condition.wait()
    }
  }

  func close(reason: String) {
    condition.lock()
    defer { condition.unlock() }
    closedReason = closedReason ?? reason
    condition.broadcast()
  }
}

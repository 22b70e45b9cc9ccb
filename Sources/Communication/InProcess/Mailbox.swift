// Messages that wait for one worker, in order of arrival; a taker sleeps until what it wants is there.

import Foundation
import Synchronization
import TesseraInstrumentation

/// A worker's incoming messages.
///
/// `@unchecked Sendable`: every access to the stored properties holds the condition's lock.
final class Mailbox: @unchecked Sendable {
  /// Messages of one tag and sender in order of arrival; those before `first` are taken.
  private struct Queue {
    var messages: [(arrival: Int, value: any Sendable)?] = []
    var first = 0
  }

  private let condition = NSCondition()
  /// By tag, then by sender: a taker from anyone looks at the senders of one tag.
  private var queues: [Tag: [Int: Queue]] = [:]
  private var arrivals = 0
  private var closedReason: String?
  /// Written by the mailbox's own worker, under the lock; read without it.
  private let waited = Atomic(0)

  /// Nanoseconds that the worker has slept here.
  var waitingTime: Int { waited.load(ordering: .relaxed) }

  func put(_ value: any Sendable, from source: Int, tag: Tag) throws(CommunicationError) {
    condition.lock()
    defer { condition.unlock() }
    if let closedReason { throw .closed(reason: closedReason) }
    queues[tag, default: [:]][source, default: Queue()].messages.append((arrivals, value))
    arrivals += 1
    // A worker may have several threads that wait, each for another tag.
    condition.broadcast()
  }

  func take(from source: Source, tag: Tag) throws(CommunicationError) -> Received<any Sendable> {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let closedReason { throw .closed(reason: closedReason) }
      if let rank = sender(source, tag), let value = next(from: rank, tag) {
        return Received(value, from: rank)
      }
      let start = MonotonicClock.now()
      condition.wait()
      waited.add(MonotonicClock.now() - start, ordering: .relaxed)
    }
  }

  /// Who has sent what is wanted: of anyone's messages, the one that came first.
  private func sender(_ source: Source, _ tag: Tag) -> Int? {
    guard case .any = source else {
      guard case .rank(let rank) = source else { return nil }
      return queues[tag]?[rank] == nil ? nil : rank
    }
    return queues[tag]?.min {
      ($0.value.messages[$0.value.first]?.arrival ?? 0) < ($1.value.messages[$1.value.first]?.arrival ?? 0)
    }?.key
  }

  /// The first message that is not taken, in constant time.
  private func next(from rank: Int, _ tag: Tag) -> (any Sendable)? {
    guard let index = queues[tag]?[rank]?.first, let message = queues[tag]?[rank]?.messages[index] else {
      return nil
    }
    queues[tag]?[rank]?.messages[index] = nil
    queues[tag]?[rank]?.first = index + 1
    if index + 1 == queues[tag]?[rank]?.messages.count { queues[tag]?[rank] = nil }
    return message.value
  }

  func close(reason: String) {
    condition.lock()
    defer { condition.unlock() }
    closedReason = closedReason ?? reason
    condition.broadcast()
  }
}

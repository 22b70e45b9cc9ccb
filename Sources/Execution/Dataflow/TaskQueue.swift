// What a worker has been told to do, between the thread that is told and the thread that does it.

import Foundation
import TesseraCommunication

/// A worker's tasks, first in, first out, and the operations they need.
///
/// `@unchecked Sendable`: every access to the stored properties holds the condition's lock.
final class TaskQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var waiting: [Work] = []
  private var operations: [Int: Operation] = [:]
  private var isClosed = false

  func append(_ work: [Work]) {
    condition.lock()
    defer { condition.unlock() }
    waiting += work
    condition.signal()
  }

  /// Takes out tasks that have not begun.
  func cancel(_ blocks: [BlockID]) {
    condition.lock()
    defer { condition.unlock() }
    waiting.removeAll { blocks.contains($0.block) }
  }

  func define(_ operation: Operation, for collection: Int) {
    condition.lock()
    defer { condition.unlock() }
    operations[collection] = operation
    condition.signal()
  }

  func forget(_ collections: [Int]) {
    condition.lock()
    defer { condition.unlock() }
    for collection in collections { operations[collection] = nil }
  }

  func close() {
    condition.lock()
    defer { condition.unlock() }
    isClosed = true
    condition.broadcast()
  }

  /// The next task whose operation is known, waited for if `waits`; nil when there is none yet, or when the
  /// worker's time is over. Tasks whose operation is still on its way let later ones pass.
  func next(waits: Bool) -> (work: Work, operation: Operation)? {
    condition.lock()
    defer { condition.unlock() }
    while !isClosed {
      for (place, work) in waiting.enumerated() {
        guard let operation = operations[work.block.collection] else { continue }
        waiting.remove(at: place)
        return (work, operation)
      }
      guard waits else { return nil }
      condition.wait()
    }
    return nil
  }

  /// The whole blocks that waiting tasks will read, wherever they are. O(tasks).
  func inputs() -> Set<BlockID> {
    condition.lock()
    defer { condition.unlock() }
    return Set(waiting.lazy.flatMap { $0.inputs.lazy.map(\.block) })
  }
}

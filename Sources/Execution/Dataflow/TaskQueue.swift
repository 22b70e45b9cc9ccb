// What a worker has been told to do, between the thread that is told and the thread that does it.
//
// The queue also knows what the worker's store is to keep in mind when it makes room: which blocks its tasks will
// read, and when. A block that one of its tasks makes for a later one is kept until then, and so is whatever a
// task reads that has already failed to find its inputs: with any memory, however small, a task's inputs are
// together when its turn comes.

import TesseraCommunication

/// A worker's tasks, first in, first out, and the operations they need.
///
/// `@unchecked Sendable`: every access to the stored properties holds the monitor's lock.
final class TaskQueue: @unchecked Sendable {
  /// When a block is read next.
  struct Use {
    /// The place in the queue of the first task that reads it.
    let turn: Int
    /// Whether the block has to stay until then.
    var isKept: Bool
  }

  private struct Entry {
    let work: Work
    /// Inputs that have to stay from when they are made, or are here, until the task has run.
    let kept: Set<BlockID>
  }

  private let monitor = AdaptiveMonitor()
  private var waiting: [Entry] = []
  private var operations: [Int: Operation] = [:]
  private var isClosed = false
  /// The block being made.
  private var running: BlockID?

  func append(_ work: [Work]) {
    guard !work.isEmpty else { return }
    monitor.lock()
    var made = Set(waiting.lazy.map(\.work.block))
    if let running { made.insert(running) }
    for work in work {
      let inputs = work.inputs.lazy.map(\.block)
      waiting.append(Entry(work: work, kept: Set(inputs.filter { work.attempt > 1 || made.contains($0) })))
      made.insert(work.block)
    }
    monitor.unlockAndNotify()
  }

  /// Takes out tasks that have not begun.
  func cancel(_ blocks: [BlockID]) {
    monitor.lock()
    defer { monitor.unlock() }
    waiting.removeAll { blocks.contains($0.work.block) }
  }

  func define(_ operation: Operation, for collection: Int) {
    monitor.lock()
    operations[collection] = operation
    monitor.unlockAndNotify()
  }

  func forget(_ collections: [Int]) {
    monitor.lock()
    defer { monitor.unlock() }
    for collection in collections { operations[collection] = nil }
  }

  func close() {
    monitor.lock()
    isClosed = true
    monitor.unlockAndNotify()
  }

  /// The next task whose operation is known, waited for if `waits`; nil when there is none yet, or when the
  /// worker's time is over. Tasks whose operation is still on its way let later ones pass.
  func next(waits: Bool) -> (work: Work, operation: Operation)? {
    monitor.lock()
    defer { monitor.unlock() }
    running = nil
    while !isClosed {
      for (place, entry) in waiting.enumerated() {
        guard let operation = operations[entry.work.block.collection] else { continue }
        waiting.remove(at: place)
        running = entry.work.block
        return (entry.work, operation)
      }
      guard waits else { return nil }
      monitor.wait()
    }
    return nil
  }

  /// The whole blocks that waiting tasks will read, wherever they are. O(tasks).
  func uses() -> [BlockID: Use] {
    monitor.lock()
    defer { monitor.unlock() }
    var uses: [BlockID: Use] = [:]
    for (turn, entry) in waiting.enumerated() {
      for input in entry.work.inputs {
        uses[input.block, default: Use(turn: turn, isKept: false)].isKept =
          uses[input.block]?.isKept == true || entry.kept.contains(input.block)
      }
    }
    return uses
  }
}

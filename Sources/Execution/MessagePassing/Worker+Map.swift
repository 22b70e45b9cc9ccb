// A worker's part in a map, and in a read: the task on its tiles, in order; then the first failure of all
// workers goes to rank 0.

import TesseraCommunication
import TesseraPartitioning

extension Worker {
  /// Runs the task on this worker's tiles. Returns, at rank 0, the first failure of all workers.
  func map<Task: MapTask>(_ task: Task.Type, _ arguments: Task.Arguments, _ step: Step)
    throws(CommunicationError) -> TaskFailure?
  {
    try make(step, inputOwnership(step), task.name) { t in
      try task.run(arguments, try input(Task.Input.self, step, t), tile: t)
    }
  }

  /// Runs the task for this worker's tiles. Returns, at rank 0, the first failure of all workers.
  func read<Task: SourceTask>(_ task: Task.Type, _ arguments: Task.Arguments, _ step: Step)
    throws(CommunicationError) -> TaskFailure?
  {
    try make(step, try outputOwnership(step), task.name) { t in try task.make(arguments, tile: t) }
  }

  private func make(
    _ step: Step, _ ownership: Ownership, _ name: String, _ body: (Int) throws -> some Tile
  ) throws(CommunicationError) -> TaskFailure? {
    ownerships[step.output] = ownership
    for t in ownership.tiles(of: communicator.rank) {
      do {
        keep(try measured(name) { try body(t) }, as: t, of: step)
      } catch {
        return try firstFailure(TaskFailure(task: name, tile: t, cause: error))
      }
    }
    return try firstFailure(nil)
  }
}

// A worker's part in a map: the task on its tiles, in order; then the first failure of all workers goes to
// rank 0.

import TesseraCommunication
import TesseraPartitioning

extension Worker {
  /// Runs the task on this worker's tiles. Returns, at rank 0, the first failure of all workers.
  func map<Task: MapTask>(_ task: Task.Type, _ arguments: Task.Arguments, _ step: Step)
    throws(CommunicationError) -> TaskFailure?
  {
    var made: [Int: any Sendable] = [:]
    var failure: TaskFailure?
    let ownership = inputOwnership(step)
    for t in ownership.tiles(of: communicator.rank) {
      do {
        made[t] = try measured(task.name) {
          try task.run(arguments, try input(Task.Input.self, step, t), tile: t)
        }
      } catch {
        failure = TaskFailure(task: task.name, tile: t, cause: error)
        break
      }
    }
    store[step.output] = Holding(ownership: ownership, tiles: made)
    return try firstFailure(failure)
  }
}

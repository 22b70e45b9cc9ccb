// One worker of a message-passing job: its tiles and its part in each step. The same code runs on rank 0,
// which adds the driver's arguments and receives the results. A worker is confined to its own thread.

import TesseraCommunication
import TesseraInstrumentation
import TesseraPartitioning

/// A worker's state between steps.
final class Worker {
  let communicator: any Communicator
  let registry: TaskRegistry
  private let recorder: Recorder?
  var store: [Int: [Int: any Sendable]] = [:]

  init(communicator: any Communicator, registry: TaskRegistry, recorder: Recorder?) {
    self.communicator =
      recorder.map { RecordingCommunicator(communicator, recorder: $0) } ?? communicator
    self.registry = registry
    self.recorder = recorder
  }

  /// Makes sure that workers in other processes are the same program as the driver's: that they know the same
  /// tasks by the same names.
  ///
  /// - Throws: `differentProgram` on a worker that is not.
  func compareContracts() throws(CommunicationError) {
    let mine = registry.contract
    let driver = try communicator.broadcast(
      communicator.rank == 0 ? mine : nil, as: [String].self, from: 0, tag: .control)
    guard driver != mine else { return }
    throw .differentProgram(
      rank: communicator.rank, lacks: driver.filter { !mine.contains($0) },
      has: mine.filter { !driver.contains($0) })
  }

  /// Takes part in steps until the driver says stop. What ranks other than 0 do.
  func serve() throws(CommunicationError) {
    while true {
      let step = try communicator.broadcast(nil, as: Step.self, from: 0, tag: .control)
      release(step)
      if step.verb == .stop { return }
      guard let entry = registry.entries[step.name], entry.verbs.contains(step.verb) else {
        throw .malformed(expected: "a registered task for this step, not '\(step.name)'")
      }
      try entry.serve(self, step)
    }
  }

  /// Tells the other workers what comes next. Rank 0 only.
  func announce(_ step: Step) throws(CommunicationError) {
    _ = try communicator.broadcast(step, as: Step.self, from: 0, tag: .control)
    release(step)
  }

  private func release(_ step: Step) {
    for identifier in step.released { store[identifier] = nil }
  }

  func ownership(_ tileCount: Int) -> Ownership {
    Ownership(tileCount: tileCount, workerCount: communicator.size)
  }

  func owned(_ tileCount: Int) -> Range<Int> {
    ownership(tileCount).tiles(of: communicator.rank)
  }

  func measured<Result>(
    _ name: @autoclosure () -> String, _ body: () throws -> Result
  ) throws -> Result {
    try recorder.measure(.task, name(), worker: communicator.rank, body)
  }

  func input<Input: TaskInput>(_ type: Input.Type, _ step: Step, _ tile: Int) throws -> Input {
    let tiles = step.inputs.compactMap { store[$0]?[tile] }
    guard tiles.count == step.inputs.count, let input = Input.assemble(tiles) else {
      throw CommunicationError.malformed(expected: "tile \(tile) of collections \(step.inputs)")
    }
    return input
  }

  func firstFailure(_ mine: TaskFailure?) throws(CommunicationError) -> TaskFailure? {
    try communicator.reduce(mine, tag: .status) { TaskFailure.first($0, $1) } ?? nil
  }

  /// The first failure of all workers, known to all.
  func agree(on mine: TaskFailure?) throws(CommunicationError) -> TaskFailure? {
    let first = try firstFailure(mine)
    return try communicator.broadcast(
      communicator.rank == 0 ? .some(first) : nil, as: TaskFailure?.self, from: 0, tag: .status)
  }
}

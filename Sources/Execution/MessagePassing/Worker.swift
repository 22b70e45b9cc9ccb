// One worker of a message-passing job: its tiles and its part in each step. The same code runs on rank 0,
// which adds the driver's arguments and receives the results. A worker is confined to its own thread.

import TesseraCommunication
import TesseraInstrumentation
import TesseraPartitioning

/// A worker's state between steps.
final class Worker {
  /// Counts what it sends and receives.
  let communicator: MeasuredCommunicator
  /// The same group, for what is not to be counted.
  let uncounted: MeasuredCommunicator
  let registry: TaskRegistry
  /// Where tasks and messages are recorded, if anywhere: its process's.
  let recorder: Recorder?
  /// Whether rank 0 is another process, with a recorder of its own.
  let isElsewhere: Bool
  let store: BlockStore
  /// Who owns which tile of the collections that there are.
  var ownerships: [Int: Ownership] = [:]

  /// - Parameter memory: the bytes of tiles beyond which those persisted on disk go there.
  init(
    communicator: any Communicator, registry: TaskRegistry, recorder: Recorder?, memory: Int = .max,
    isElsewhere: Bool = false
  ) {
    store = BlockStore(capacity: memory, isRecomputable: false)
    self.communicator = MeasuredCommunicator(communicator, recorder: recorder)
    uncounted = MeasuredCommunicator(communicator)
    self.registry = registry
    self.recorder = recorder
    self.isElsewhere = isElsewhere
  }

  /// Takes part in steps until the driver says stop. What ranks other than 0 do.
  func serve() throws(CommunicationError) {
    while true {
      let announced = try communicator.broadcast(nil, as: Announcement.self, from: 0, tag: .control)
      let step = announced.step
      release(step)
      switch step.verb {
      case .stop: return
      case .ledger: try sendLedger()
      case .events: try sendEvents()
      case .keep: keep(step)
      case .place, .read, .move, .map, .reduce, .exchange, .collect:
        guard let entry = registry.entries[step.name], entry.verbs.contains(step.verb) else {
          throw .malformed(expected: "a registered task for this step, not '\(step.name)'")
        }
        communicator.ledger.begin(step.title)
        try entry.serve(self, announced)
        communicator.ledger.end()
      }
    }
  }

  /// Tells the other workers what comes next. Rank 0 only.
  func announce(_ announcement: Announcement) throws(CommunicationError) {
    _ = try communicator.broadcast(announcement, as: Announcement.self, from: 0, tag: .control)
    release(announcement.step)
  }

  private func release(_ step: Step) {
    guard !step.released.isEmpty else { return }
    store.forget(Set(step.released))
    for collection in step.released { ownerships[collection] = nil }
  }

  /// Takes note of how tiles are to be kept.
  func keep(_ step: Step) {
    for collection in step.inputs { store.keep(collection, step.level) }
  }

  /// Who owns which tile of the step's first input.
  func inputOwnership(_ step: Step) -> Ownership {
    if let held = step.inputs.first.flatMap({ ownerships[$0] }), held.tileCount == step.inputTiles {
      return held
    }
    // Of a collection that is not here every worker fails to find a tile, and says so.
    return Ownership(tileCount: step.inputTiles, workerCount: communicator.size)
  }

  /// Who is to own which tile of what the step makes.
  func outputOwnership(_ step: Step) throws(CommunicationError) -> Ownership {
    guard !step.outputOwners.isEmpty else {
      return Ownership(tileCount: step.outputTiles, workerCount: communicator.size)
    }
    guard step.outputOwners.allSatisfy({ 0..<communicator.size ~= $0 }) else {
      throw .malformed(expected: "owners among \(communicator.size) workers")
    }
    return Ownership(owners: step.outputOwners, workerCount: communicator.size)
  }

  func measured<Result>(
    _ name: @autoclosure () -> String, _ body: () throws -> Result
  ) throws -> Result {
    try recorder.measure(.task, name(), worker: communicator.rank, body)
  }

  func input<Input: TaskInput>(_ type: Input.Type, _ step: Step, _ tile: Int) throws -> Input {
    let blocks = step.inputs.map { BlockID($0, tile) }
    store.pin(blocks)
    let tiles = blocks.compactMap { store.block($0) }
    guard tiles.count == step.inputs.count, let input = Input.assemble(tiles) else {
      throw CommunicationError.malformed(expected: "tile \(tile) of collections \(step.inputs)")
    }
    return input
  }

  /// Keeps a tile that a task has made; what that task has read may go to disk.
  func keep(_ tile: some WireCodable, as number: Int, of step: Step) {
    _ = store.store(tile, as: BlockID(step.output, number))
    _ = store.unpin()
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

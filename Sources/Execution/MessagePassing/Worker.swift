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
  private var store: [Int: [Int: any Sendable]] = [:]

  init(communicator: any Communicator, registry: TaskRegistry, recorder: Recorder?) {
    self.communicator =
      recorder.map { RecordingCommunicator(communicator, recorder: $0) } ?? communicator
    self.registry = registry
    self.recorder = recorder
  }

  /// Takes part in steps until the driver says stop. What ranks other than 0 do.
  func serve() throws(CommunicationError) {
    while true {
      let step = try communicator.broadcast(nil, as: Step.self, tag: .control)
      release(step)
      if step.verb == .stop { return }
      guard let entry = registry.entries[step.name] else {
        throw .malformed(expected: "the name of a registered task, not '\(step.name)'")
      }
      try entry.serve(self, step)
    }
  }

  /// Tells the other workers what comes next. Rank 0 only.
  func announce(_ step: Step) throws(CommunicationError) {
    _ = try communicator.broadcast(step, tag: .control)
    release(step)
  }

  private func release(_ step: Step) {
    for identifier in step.released { store[identifier] = nil }
  }

  private func ownership(_ tileCount: Int) -> Ownership {
    Ownership(tileCount: tileCount, workerCount: communicator.size)
  }

  private func owned(_ tileCount: Int) -> Range<Int> {
    ownership(tileCount).tiles(of: communicator.rank)
  }

  // MARK: place and collect

  /// Stores this worker's tiles; rank 0 passes all of them and sends the others theirs.
  func place<Element: Tile>(_ tiles: [Element]?, _ step: Step) throws(CommunicationError) {
    var mine: [Int: any Sendable] = [:]
    if let tiles {
      for (t, tile) in tiles.enumerated() {
        let owner = ownership(step.outputTiles).owner(of: t)
        if owner == communicator.rank {
          mine[t] = tile
        } else {
          try communicator.send(tile, to: owner, tag: .tiles)
        }
      }
    } else {
      for t in owned(step.outputTiles) {
        mine[t] = try communicator.receive(Element.self, from: 0, tag: .tiles)
      }
    }
    store[step.output] = mine
  }

  /// Sends this worker's tiles to rank 0, which returns all of them in order; nil elsewhere.
  func collect<Element: Tile>(_ type: Element.Type, _ step: Step) throws(CommunicationError)
    -> [Element]?
  {
    let stored = store[step.inputs[0]] ?? [:]
    var all: [Element] = []
    for t in 0..<step.inputTiles {
      let owner = ownership(step.inputTiles).owner(of: t)
      if owner == communicator.rank {
        guard let tile = stored[t] as? Element else {
          throw .malformed(expected: "tile \(t) of collection \(step.inputs[0])")
        }
        if communicator.rank == 0 {
          all.append(tile)
        } else {
          try communicator.send(tile, to: 0, tag: .tiles)
        }
      } else if communicator.rank == 0 {
        all.append(try communicator.receive(Element.self, from: owner, tag: .tiles))
      }
    }
    return communicator.rank == 0 ? all : nil
  }

  // MARK: map

  /// Runs the task on this worker's tiles. Returns, at rank 0, the first failure of all workers.
  func map<Task: MapTask>(_ task: Task.Type, _ arguments: Task.Arguments, _ step: Step)
    throws(CommunicationError) -> TaskFailure?
  {
    var made: [Int: any Sendable] = [:]
    var failure: TaskFailure?
    for t in owned(step.inputTiles) {
      do {
        made[t] = try measured(task.name) {
          try task.run(arguments, try input(Task.Input.self, step, t), tile: t)
        }
      } catch {
        failure = TaskFailure(task: task.name, tile: t, cause: error)
        break
      }
    }
    store[step.output] = made
    return try firstFailure(failure)
  }

  // MARK: reduce

  /// Evaluates this worker's part of the reduction tree. Returns the result at rank 0, nil elsewhere.
  func reduce<Task: ReduceTask>(_ task: Task.Type, _ arguments: Task.Arguments, _ step: Step)
    throws(CommunicationError) -> Partial<Task.Output>?
  {
    let root = ReductionNode(root: step.inputTiles)
    let result = try evaluate(root, task, arguments, step)
    // The root belongs to the owner of tile 0, which is rank 0 unless there are more workers than tiles.
    let owner = ownership(step.inputTiles).owner(of: 0)
    if owner == 0 { return result }
    if let result { try communicator.send(result, to: 0, tag: .reduction) }
    return communicator.rank == 0
      ? try communicator.receive(Partial<Task.Output>.self, from: owner, tag: .reduction) : nil
  }

  /// The value of a node if this worker owns the node's first tile; otherwise nil, after doing and sending
  /// what it owns below the node.
  private func evaluate<Task: ReduceTask>(
    _ node: ReductionNode, _ task: Task.Type, _ arguments: Task.Arguments, _ step: Step
  ) throws(CommunicationError) -> Partial<Task.Output>? {
    let mine = owned(step.inputTiles)
    guard mine.overlaps(node.first..<node.end) else { return nil }
    if node.isLeaf { return value(of: node.first, task, arguments, step) }
    let (left, right) = node.children
    let leftValue = try evaluate(left, task, arguments, step)
    guard let right else { return leftValue }
    let rightValue = try evaluate(right, task, arguments, step)
    let owners = ownership(step.inputTiles)
    if let leftValue {
      let other: Partial<Task.Output>
      if let rightValue {
        other = rightValue
      } else {
        let owner = owners.owner(of: right.first)
        other = try communicator.receive(Partial<Task.Output>.self, from: owner, tag: .reduction)
      }
      return combine(leftValue, other, task, arguments, tile: right.first)
    }
    if let rightValue {
      try communicator.send(rightValue, to: owners.owner(of: left.first), tag: .reduction)
    }
    return nil
  }

  private func value<Task: ReduceTask>(
    of tile: Int, _ task: Task.Type, _ arguments: Task.Arguments, _ step: Step
  ) -> Partial<Task.Output> {
    do {
      return .value(
        try measured(task.name) {
          try task.run(arguments, try input(Task.Input.self, step, tile), tile: tile)
        })
    } catch {
      return .failure(TaskFailure(task: task.name, tile: tile, cause: error))
    }
  }

  private func combine<Task: ReduceTask>(
    _ left: consuming Partial<Task.Output>, _ right: Partial<Task.Output>, _ task: Task.Type,
    _ arguments: Task.Arguments, tile: Int
  ) -> Partial<Task.Output> {
    switch (consume left, right) {
    case (.failure(let failure), _), (_, .failure(let failure)): return .failure(failure)
    case (.value(var value), .value(let other)):
      do {
        try measured(task.name + " combine") { try task.combine(&value, other, arguments) }
        return .value(value)
      } catch {
        return .failure(TaskFailure(task: task.name, tile: tile, cause: error))
      }
    }
  }

  // MARK: exchange

  /// Cuts this worker's tiles, trades pieces with every other worker and puts its new tiles together.
  /// Returns, at rank 0, the first failure of all workers.
  func exchange<Task: ExchangeTask>(_ task: Task.Type, _ arguments: Task.Arguments, _ step: Step)
    throws(CommunicationError) -> TaskFailure?
  {
    let owners = ownership(step.outputTiles)
    var outgoing = [[Parcel<Task.Piece>]](repeating: [], count: communicator.size)
    var failure: TaskFailure?
    for t in owned(step.inputTiles) where failure == nil {
      do {
        let pieces = try measured(task.name + " split") {
          try task.split(arguments, try input(Task.Input.self, step, t), tile: t)
        }
        for (target, piece) in pieces {
          guard 0..<step.outputTiles ~= target else {
            throw ExecutionError.noSuchTile(target, count: step.outputTiles)
          }
          outgoing[owners.owner(of: target)].append(
            Parcel(source: t, target: target, piece: piece))
        }
      } catch {
        failure = TaskFailure(task: task.name, tile: t, cause: error)
      }
    }
    // Nobody merges after a failed cut: the pieces would not be complete.
    if let failed = try agree(on: failure) { return communicator.rank == 0 ? failed : nil }

    var incoming = outgoing[communicator.rank]
    for distance in 1..<max(communicator.size, 1) {
      let next = (communicator.rank + distance) % communicator.size
      let previous = (communicator.rank - distance + communicator.size) % communicator.size
      try communicator.send(outgoing[next], to: next, tag: .exchange)
      incoming += try communicator.receive(
        [Parcel<Task.Piece>].self, from: previous, tag: .exchange)
    }
    var pieces: [Int: [Parcel<Task.Piece>]] = [:]
    for parcel in incoming { pieces[parcel.target, default: []].append(parcel) }
    var made: [Int: any Sendable] = [:]
    for t in owned(step.outputTiles) {
      do {
        let sorted = (pieces[t] ?? []).sorted { $0.source < $1.source }.map(\.piece)
        made[t] = try measured(task.name + " merge") {
          try task.merge(arguments, sorted, tile: t)
        }
      } catch {
        failure = TaskFailure(task: task.name, tile: t, cause: error)
        break
      }
    }
    store[step.output] = made
    return try firstFailure(failure)
  }

  // MARK: common

  private func measured<Result>(
    _ name: @autoclosure () -> String, _ body: () throws -> Result
  ) throws -> Result {
    try recorder.measure(.task, name(), worker: communicator.rank, body)
  }

  private func input<Input: TaskInput>(_ type: Input.Type, _ step: Step, _ tile: Int) throws -> Input {
    let tiles = step.inputs.compactMap { store[$0]?[tile] }
    guard tiles.count == step.inputs.count, let input = Input.assemble(tiles) else {
      throw CommunicationError.malformed(expected: "tile \(tile) of collections \(step.inputs)")
    }
    return input
  }

  private func firstFailure(_ mine: TaskFailure?) throws(CommunicationError) -> TaskFailure? {
    try communicator.reduce(mine, tag: .status) { TaskFailure.first($0, $1) } ?? nil
  }

  /// The first failure of all workers, known to all.
  private func agree(on mine: TaskFailure?) throws(CommunicationError) -> TaskFailure? {
    let first = try firstFailure(mine)
    return try communicator.broadcast(communicator.rank == 0 ? .some(first) : nil, tag: .status)
  }
}

/// A partial result on its way up the reduction tree, or why there is none.
enum Partial<Value: WireCodable>: WireCodable {
  case value(Value)
  case failure(TaskFailure)

  func encode(to writer: inout WireWriter) {
    switch self {
    case .value(let value):
      writer.write(0)
      value.encode(to: &writer)
    case .failure(let failure):
      writer.write(1)
      failure.encode(to: &writer)
    }
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    self =
      try reader.readInt(in: 0...1, "a flag") == 0
      ? .value(try Value(from: &reader)) : .failure(try TaskFailure(from: &reader))
  }
}

/// A piece of a tile with the numbers of the tiles it comes from and goes to.
private struct Parcel<Piece: WireCodable>: WireCodable {
  let source: Int
  let target: Int
  let piece: Piece

  init(source: Int, target: Int, piece: Piece) {
    self.source = source
    self.target = target
    self.piece = piece
  }

  func encode(to writer: inout WireWriter) {
    writer.write(source)
    writer.write(target)
    piece.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    source = try reader.readInt()
    target = try reader.readInt()
    piece = try Piece(from: &reader)
  }
}

// A worker's part in a reduction: it evaluates the nodes of the reduction tree whose first tile it owns,
// depth first, so that at most ceil(log2 T) partial results are alive at a time. Those on their way to
// another worker are posted: nobody stops computing until the receiver has come as far.

import TesseraCommunication
import TesseraPartitioning

extension Worker {
  /// Evaluates this worker's part of the reduction tree. Returns the result at rank 0, nil elsewhere.
  func reduce<Task: ReduceTask>(_ task: Task.Type, _ arguments: Task.Arguments, _ step: Step)
    throws(CommunicationError) -> Partial<Task.Output>?
  {
    guard step.inputTiles > 0 else { throw .malformed(expected: "tiles to reduce") }
    let root = ReductionNode(root: step.inputTiles)
    var posted: [Posted<Void>] = []
    let ownership = inputOwnership(step)
    let part = ReductionPart(step: step, ownership: ownership, mine: ownership.tiles(of: communicator.rank))
    let result = try evaluate(root, task, arguments, part, &posted)
    for send in posted { try send.wait() }
    // The root belongs to the owner of tile 0, which is rank 0 unless there are more workers than tiles.
    let owner = part.ownership.owner(of: 0)
    if owner == 0 { return result }
    if let result { try communicator.send(result, to: 0, tag: .reduction) }
    return communicator.rank == 0
      ? try communicator.receive(Partial<Task.Output>.self, from: owner, tag: .reduction) : nil
  }

  /// The value of a node if this worker owns the node's first tile; otherwise nil, after doing and posting
  /// what it owns below the node.
  private func evaluate<Task: ReduceTask>(
    _ node: ReductionNode, _ task: Task.Type, _ arguments: Task.Arguments, _ part: ReductionPart,
    _ posted: inout [Posted<Void>]
  ) throws(CommunicationError) -> Partial<Task.Output>? {
    guard part.overlaps(node) else { return nil }
    if node.isLeaf { return value(of: node.first, task, arguments, part.step) }
    let (left, right) = node.children
    let leftValue = try evaluate(left, task, arguments, part, &posted)
    guard let right else { return leftValue }
    let rightValue = try evaluate(right, task, arguments, part, &posted)
    let owners = part.ownership
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
      let owner = owners.owner(of: left.first)
      posted.append(try communicator.postSend(rightValue, to: owner, tag: .reduction))
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
}

/// A worker's share of the leaves of a reduction.
private struct ReductionPart {
  let step: Step
  let ownership: Ownership
  /// This worker's tiles, ascending.
  let mine: [Int]

  /// Whether some of this worker's tiles are below the node. O(log tiles).
  func overlaps(_ node: ReductionNode) -> Bool {
    var (low, high) = (0, mine.count)
    while low < high {
      let middle = (low + high) / 2
      if mine[middle] < node.first { low = middle + 1 } else { high = middle }
    }
    return low < mine.count && mine[low] < node.end
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

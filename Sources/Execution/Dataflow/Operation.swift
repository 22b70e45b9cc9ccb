// A task with its arguments, its types erased: what a worker needs to make the blocks of one collection. Made
// by the registry's entries, which know the types.

import TesseraCommunication
import TesseraPartitioning

/// How the blocks of one collection are made.
struct Operation: Sendable {
  /// The task's name.
  let task: String
  /// The task's name with the part of the task that this is.
  let name: String
  /// The type of the inputs of a block, in the order of its work; the last repeats.
  let inputTypes: @Sendable (_ index: Int) -> [any WireCodable.Type]
  /// Makes block number `index`.
  let make: @Sendable (_ index: Int, _ inputs: [any WireCodable]) throws -> any WireCodable
  /// Whether the inputs of block number `index` are good for nothing else: partial results that have become one.
  var spends: @Sendable (_ index: Int) -> Bool = { _ in false }
}

/// What went wrong at a tile that is not the block's own number, as in a reduction over many.
struct TileFailure: Error {
  let tile: Int
  let cause: any Error
}

extension Operation {
  /// Tiles that the driver has, and sends with the tasks.
  init<Element: Tile>(placing type: Element.Type) {
    task = "place " + Element.typeName
    name = task
    inputTypes = { _ in [] }
    make = { _, inputs in
      guard let tile = inputs.first as? SealedValue else { throw Self.wrongType(Element.typeName) }
      return try tile.value(as: Element.self)
    }
  }

  /// A source task.
  init<Task: SourceTask>(_ task: Task.Type, _ arguments: Task.Arguments) {
    self.task = Task.name
    name = Task.name
    inputTypes = { _ in [] }
    make = { index, _ in try task.make(arguments, tile: index) }
  }

  /// A map task.
  init<Task: MapTask>(_ task: Task.Type, _ arguments: Task.Arguments) {
    self.task = Task.name
    name = Task.name
    inputTypes = { _ in Task.Input.tileTypes }
    make = { index, inputs in try task.run(arguments, try Self.assemble(Task.Input.self, inputs), tile: index)
    }
  }

  /// A tile as it is, elsewhere.
  init<Element: Tile>(moving type: Element.Type) {
    task = Element.typeName
    name = "move " + Element.typeName
    inputTypes = { _ in [Element.self] }
    make = { _, inputs in try Self.assemble(Element.self, inputs) }
  }

  /// The cutting half of an exchange task.
  init<Task: ExchangeTask>(splitting task: Task.Type, _ arguments: Task.Arguments, targets: Int) {
    self.task = Task.name
    name = Task.name + " split"
    inputTypes = { _ in Task.Input.tileTypes }
    make = { index, inputs in
      let pieces = try task.split(arguments, try Self.assemble(Task.Input.self, inputs), tile: index)
      for (target, _) in pieces where !(0..<targets ~= target) {
        throw ExecutionError.noSuchTile(target, count: targets)
      }
      return CutTile(pieces)
    }
  }

  /// The joining half of an exchange task.
  init<Task: ExchangeTask>(merging task: Task.Type, _ arguments: Task.Arguments) {
    self.task = Task.name
    name = Task.name + " merge"
    inputTypes = { _ in [TargetPieces<Task.Piece>.self] }
    make = { index, inputs in
      var found: [(source: Int, pieces: [Task.Piece])] = []
      for input in inputs {
        guard let pieces = input as? TargetPieces<Task.Piece> else { throw Self.wrongType(Task.name) }
        found += pieces.bySource
      }
      let pieces = found.sorted { $0.source < $1.source }.flatMap(\.pieces)
      return try task.merge(arguments, pieces, tile: index)
    }
  }

  /// A reduce task over the tiles that `steps` names.
  init<Task: ReduceTask>(_ task: Task.Type, _ arguments: Task.Arguments, _ steps: [ReductionStep]) {
    self.task = Task.name
    name = Task.name
    let types = Task.Input.tileTypes
    inputTypes = { index in
      if case .join = steps[index] { [Task.Output.self] } else { types }
    }
    spends = { index in if case .join = steps[index] { true } else { false } }
    make = { index, inputs in
      switch steps[index] {
      case .join(_, let right):
        guard inputs.count == 2, var value = inputs[0] as? Task.Output, let other = inputs[1] as? Task.Output
        else { throw Self.wrongType(Task.name) }
        do { try task.combine(&value, other, arguments) } catch {
          throw TileFailure(tile: steps.firstTile(of: right), cause: error)
        }
        return value
      case .tiles(let node):
        guard inputs.count == (node.end - node.first) * types.count else { throw Self.wrongType(Task.name) }
        return try evaluate(node, task, arguments) { tile in
          let first = (tile - node.first) * types.count
          return try Self.assemble(Task.Input.self, Array(inputs[first..<first + types.count]))
        }
      }
    }
  }

  private static func assemble<Input: TaskInput>(_ type: Input.Type, _ inputs: [any WireCodable]) throws
    -> Input
  {
    guard let input = Input.assemble(inputs) else { throw wrongType("\(type)") }
    return input
  }

  private static func wrongType(_ what: String) -> CommunicationError {
    .malformed(expected: "the inputs of \(what)")
  }
}

extension [ReductionStep] {
  /// The first tile below a step.
  fileprivate func firstTile(of step: Int) -> Int {
    switch self[step] {
    case .tiles(let node): node.first
    case .join(let left, _): firstTile(of: left)
    }
  }
}

/// The value of a node of the reduction tree, all of whose tiles are at hand: depth first, so that at most
/// ceil(log2 T) partial results are alive at a time.
private func evaluate<Task: ReduceTask>(
  _ node: ReductionNode, _ task: Task.Type, _ arguments: Task.Arguments, _ input: (Int) throws -> Task.Input
) throws -> Task.Output {
  if node.isLeaf {
    do { return try task.run(arguments, try input(node.first), tile: node.first) } catch {
      throw TileFailure(tile: node.first, cause: error)
    }
  }
  let (left, right) = node.children
  var value = try evaluate(left, task, arguments, input)
  guard let right else { return value }
  let other = try evaluate(right, task, arguments, input)
  do { try task.combine(&value, other, arguments) } catch {
    throw TileFailure(tile: right.first, cause: error)
  }
  return value
}

// How collections come about, as far as the scheduler needs to know: which blocks are needed to make a block.
// Collections are numbered in the order in which the program makes them, so the inputs of a collection have
// lower numbers than the collection.

import TesseraCommunication
import TesseraPartitioning

/// What one task makes and one worker stores; what is lost and made again.
struct BlockID: Hashable, Comparable, WireCodable {
  let collection: Int
  let index: Int

  init(_ collection: Int, _ index: Int) {
    self.collection = collection
    self.index = index
  }

  static func < (a: BlockID, b: BlockID) -> Bool { (a.collection, a.index) < (b.collection, b.index) }

  func encode(to writer: inout WireWriter) {
    writer.write(collection)
    writer.write(index)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    self.init(try reader.readInt(), try reader.readInt(in: 0...Int.max, "a block's number"))
  }
}

/// A block and a worker that holds it.
struct Location: Equatable, WireCodable {
  let block: BlockID
  let holder: Int

  init(block: BlockID, holder: Int) {
    self.block = block
    self.holder = holder
  }

  func encode(to writer: inout WireWriter) {
    block.encode(to: &writer)
    writer.write(holder)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    self.init(block: try BlockID(from: &reader), holder: try reader.readInt())
  }
}

/// How a collection's blocks are made.
struct Recipe: Sendable {
  /// What a block is made from.
  enum Inputs: Sendable {
    /// Nothing that workers hold: the driver has the tiles, or the task needs no input.
    case none
    /// The blocks of equal number of these collections.
    case sameIndex([Int])
    /// A part of every block of a collection: what an exchange puts together.
    case everyBlock(of: Int)
    /// Partial results of a reduction over the blocks of equal number of these collections.
    case reduction([Int], [ReductionStep])
  }

  let inputs: Inputs
  let count: Int
  /// The worker that is to make each block while it lives; nil where nobody asks for one.
  let placement: Ownership?

  init(_ inputs: Inputs, count: Int, placement: Ownership? = nil) {
    self.inputs = inputs
    self.count = count
    self.placement = placement
  }

  /// The collections that blocks are made from.
  var sources: [Int] {
    switch inputs {
    case .none: []
    case .sameIndex(let sources), .reduction(let sources, _): sources
    case .everyBlock(let source): [source]
    }
  }
}

/// One step of a reduction, which makes a partial result.
enum ReductionStep: Sendable, Equatable {
  /// A node of the reduction tree, evaluated in one go from its tiles.
  case tiles(ReductionNode)
  /// Two partial results into one; the numbers are those of earlier steps.
  case join(left: Int, right: Int)

  /// The steps of a reduction over tiles, the result's last: nodes of the reduction tree that are one worker's
  /// and have `span` tiles or fewer are evaluated in one go, all others join two.
  ///
  /// - Precondition: there are tiles, `span` is a power of two.
  static func steps(over ownership: Ownership, span: Int) -> [ReductionStep] {
    stepsAndPlaces(over: ownership, span: span).steps
  }

  /// The steps, and which of them makes the value of a node.
  static func stepsAndPlaces(over ownership: Ownership, span: Int)
    -> (steps: [ReductionStep], places: [ReductionNode: Int])
  {
    var steps: [ReductionStep] = []
    var places: [ReductionNode: Int] = [:]
    func append(_ node: ReductionNode) -> Int {
      let place = appendSteps(of: node)
      places[node] = place
      return place
    }
    func appendSteps(of node: ReductionNode) -> Int {
      if node.isLeaf || node.span <= span && node.isOneWorkers(ownership) {
        steps.append(.tiles(node))
      } else {
        let (left, right) = node.children
        let leftStep = append(left)
        guard let right else { return leftStep }
        let rightStep = append(right)
        steps.append(.join(left: leftStep, right: rightStep))
      }
      return steps.count - 1
    }
    _ = append(ReductionNode(root: ownership.tileCount))
    return (steps, places)
  }
}

extension ReductionNode {
  /// Whether all tiles below the node are one worker's.
  func isOneWorkers(_ ownership: Ownership) -> Bool {
    let owner = ownership.owner(of: first)
    // By the contiguous rule, who owns the ends owns all between.
    if ownership.explicitOwners == nil { return ownership.owner(of: end - 1) == owner }
    return (first..<end).allSatisfy { ownership.owner(of: $0) == owner }
  }
}

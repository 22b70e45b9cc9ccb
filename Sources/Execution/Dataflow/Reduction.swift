// A reduction in dataflow: what of the reduction tree workers evaluate, and what the driver does itself. A node
// whose tiles all lie with one worker needs nothing from others: its steps travel with the worker's tasks, and
// its value comes with the report. The few joins above would each cost a task more, a fetch between workers and
// a report, one level after the other, so the driver does them; where there are many workers, only those at the
// top, so that it does not become the bottleneck.

import TesseraPartitioning

/// The steps that workers take, and the nodes of the tree that the driver goes on from.
struct Reduction {
  /// All steps, as workers know them too.
  let steps: [ReductionStep]
  /// The nodes whose values come to the driver, in the order of their tiles, and the steps that make them.
  let parts: [(node: ReductionNode, step: Int)]
  private let root: ReductionNode

  /// - Parameters:
  ///   - ownership: who holds which tile, as far as that is known beforehand.
  ///   - span: nodes of so many tiles at most are evaluated in one go, if they are one worker's.
  init(over ownership: Ownership, span: Int) {
    let root = ReductionNode(root: ownership.tileCount)
    let (steps, places) = ReductionStep.stepsAndPlaces(over: ownership, span: span)
    var least = 1
    var nodes = Self.nodes(below: root, ownership, least: least)
    while nodes.count > Self.mostParts(ownership.workerCount) {
      least *= 2
      nodes = Self.nodes(below: root, ownership, least: least)
    }
    self.root = root
    self.steps = steps
    parts = nodes.map { ($0, places[$0] ?? 0) }
  }

  private static func mostParts(_ workers: Int) -> Int { min(2 * workers, 16) }

  /// The highest nodes that are one worker's, or have `least` tiles at most.
  private static func nodes(below node: ReductionNode, _ ownership: Ownership, least: Int) -> [ReductionNode]
  {
    if node.span <= least || node.isLeaf || node.isOneWorkers(ownership) { return [node] }
    let (left, right) = node.children
    return nodes(below: left, ownership, least: least)
      + (right.map { nodes(below: $0, ownership, least: least) } ?? [])
  }

  /// The value of the root.
  ///
  /// - Parameters:
  ///   - values: those of `parts`.
  ///   - combine: takes the value of a node into that of the node before it.
  func value<Value, Failure: Error>(
    of values: [Value], combine: (inout Value, Value, ReductionNode) throws(Failure) -> Void
  ) throws(Failure) -> Value {
    precondition(values.count == parts.count)
    var next = 0
    func value(_ node: ReductionNode) throws(Failure) -> Value {
      if next < parts.count, parts[next].node == node {
        next += 1
        return values[next - 1]
      }
      let (left, right) = node.children
      var sum = try value(left)
      guard let right else { return sum }
      let more = try value(right)
      try combine(&sum, more, right)
      return sum
    }
    return try value(root)
  }
}

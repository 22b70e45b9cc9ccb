// What a reduction sends from worker to worker, known before it runs: how many copies of its arguments, and
// the nodes of the reduction tree whose values move. With the words of both a step's words are known exactly;
// see `Ledger`.
//
//   message passing   the arguments to every worker but the driver's; a value wherever the halves of a node have
//                     different owners
//   dataflow          the arguments to every such worker that has tiles; the value of every part that is one worker's,
//                     to the driver, which joins them (`Reduction`)

public import TesseraPartitioning

/// What a reduction over tiles sends, whatever its task.
public struct ReductionMessages: Sendable, Equatable {
  /// How many workers the arguments are sent to; as many, in either style, as those of a map are.
  public let argumentCopies: Int
  /// The nodes whose values are sent from one worker to another.
  public let movedNodes: [ReductionNode]

  /// In the message-passing style. O(tiles).
  public static func messagePassing(_ ownership: Ownership) -> ReductionMessages {
    ReductionMessages(
      argumentCopies: ownership.workerCount - 1,
      movedNodes: ownership.tileCount == 0
        ? [] : ReductionNode(root: ownership.tileCount).crossings(ownership))
  }

  /// In the dataflow style, as long as nobody is slow or lost: tasks of a worker that is late may move.
  /// O(tiles).
  public static func dataflow(_ ownership: Ownership) -> ReductionMessages {
    let owners = Set((0..<ownership.tileCount).map { ownership.owner(of: $0) })
    guard !owners.isEmpty else { return ReductionMessages(argumentCopies: 0, movedNodes: []) }
    let parts = Reduction(over: ownership, span: 1).parts.map(\.node)
    return ReductionMessages(
      argumentCopies: owners.subtracting([0]).count,
      movedNodes: parts.filter { ownership.owner(of: $0.first) != 0 }
        + parts.flatMap { $0.crossings(ownership) })
  }
}

// Reduce-scatter of n numbers: everybody's combined element by element; rank k keeps the k-th piece, of
// counts[k].
//
//   before   0: a0 a1 a2   1: b0 b1 b2   2: c0 c1 c2
//   after    0: (a0 b0)c0  1: (a1 b1)c1  2: (a2 b2)c2
//
// The direct exchange of ReducedPieces.swift, for few numbers and many: rank k receives P - 1 messages (more
// of a long piece, none of an empty one) of (P - 1) counts[k] words, (P - 1) n in all.

extension Communicator {
  /// Combines everybody's numbers element by element, along the tree by rank; rank k's part of the result
  /// goes into its `part`. `numbers` are spoilt.
  public func reduceScatter<Element: Sendable>(
    numbers: UnsafeMutableBufferPointer<Element>, into part: UnsafeMutableBufferPointer<Element>,
    counts: [Int], _ operation: Elementwise<Element>, tag: Tag
  ) throws(CommunicationError) {
    let pieces = Pieces(counts: counts)
    precondition(pieces.count == size && numbers.count == pieces.total && part.count == counts[rank])
    try combinePieces(numbers, pieces, operation, tag)
    part.copy(from: numbers.part(pieces[rank]).readOnly)
  }

  /// Combines everybody's numbers element by element; returns this rank's part of the result, of
  /// `counts[rank]`.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func reduceScatter<Element: Sendable>(
    numbers: [Element], counts: [Int], _ operation: Elementwise<Element>
  ) throws(CommunicationError) -> [Element] {
    var numbers = numbers
    return try filled(counts[rank]) { (part) throws(CommunicationError) in
      try numbers.withUnsafeMutableBufferPointer { (all) throws(CommunicationError) in
        try reduceScatter(numbers: all, into: part, counts: counts, operation, tag: .collective)
      }
    }
  }
}

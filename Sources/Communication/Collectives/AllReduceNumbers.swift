// All-reduce of n numbers: everybody's combined element by element, at every worker.
//
//   before   0: a   1: b   2: c   3: d           after   everywhere (ab)(cd)
//
// Small: recursive doubling (RecursiveDoubling.swift). ceil(log2 P) rounds of at most P messages; a worker
// receives n words in every round in which the other half of its block has a rank.
//
// Large: the direct exchange of ReducedPieces.swift, of which rank k combines 1/P, and the ring of
// AllGatherNumbers.swift. P rounds, 2 P (P - 1) messages (more of long pieces, fewer of empty ones); a
// worker with a piece of m = n/P receives (P - 1) m + n - m words, which is 2 n (P - 1)/P where P divides n; 2
// (P - 1) n in all, the least there can be.
//
// Source: Rabenseifner, Optimization of Collective Reduction Operations, 2004; Patarasuk, Yuan, Bandwidth
// Optimal All-reduce Algorithms for Clusters of Workstations, 2009.

extension Communicator {
  /// Combines everybody's numbers element by element, along the tree by rank, at every worker.
  public func allReduce<Element: Sendable>(
    numbers: UnsafeMutableBufferPointer<Element>, _ operation: Elementwise<Element>, tag: Tag
  ) throws(CommunicationError) {
    if Collective.allReduce.isLarge(bytes: numbers.byteCount, size: size) {
      let pieces = Pieces(count: numbers.count, parts: size)
      try combinePieces(numbers, pieces, operation, tag)
      try allGatherAround(numbers, pieces, tag)
    } else {
      try allReduceByDoubling(numbers, operation, tag)
    }
  }

  func allReduceByDoubling<Element: Sendable>(
    _ numbers: UnsafeMutableBufferPointer<Element>, _ operation: Elementwise<Element>, _ tag: Tag
  ) throws(CommunicationError) {
    guard size > 1 else { return }
    try withScratch(numbers.count, of: Element.self) { (scratch) throws(CommunicationError) in
      var (mine, other) = (numbers, scratch)
      for round in DoublingRound.rounds(rank: rank, size: size) {
        try completing(tag) { (pending) throws(CommunicationError) in
          try pending.receive(into: other, from: round.source)
          for destination in round.destinations { try pending.send(mine.readOnly, to: destination) }
        }
        if !round.comesFromRight { swap(&mine, &other) }
        operation.combine(mine, other.readOnly)
      }
      if mine.baseAddress != numbers.baseAddress { numbers.copy(from: mine.readOnly) }
    }
  }
}

extension Communicator {
  /// Combines everybody's numbers element by element, along the tree by rank, at every worker.
  ///
  /// - Throws: what `send` and `receive` throw; `wrongLength` where the lengths differ.
  public func allReduce<Element: Sendable>(numbers: inout [Element], _ operation: Elementwise<Element>)
    throws(CommunicationError)
  {
    try numbers.withUnsafeMutableBufferPointer { (buffer) throws(CommunicationError) in
      try allReduce(numbers: buffer, operation, tag: .collective)
    }
  }
}

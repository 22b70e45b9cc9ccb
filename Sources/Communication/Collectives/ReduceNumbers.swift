// Reduce of n numbers: everybody's combined element by element, at the root.
//
//   before   0: a   1: b   2: c   3: d           after   0: (ab)(cd)                   (root 0)
//
// Small: the binomial tree of Reduce.swift, whose top is rank 0 whatever the root, because the tree that
// combines goes by rank; another root is sent the result. ceil(log2 P) rounds (one more for another root),
// P - 1 (P) messages of n words: all but rank 0 send once.
//
// Large: the direct exchange of ReducedPieces.swift, of which rank k combines 1/P, and a gather at the root.
// 2 rounds, (P - 1)(P + 1) messages (more of long pieces, fewer of empty ones); (P - 1) n words and, for the
// gather, n less the root's piece.
//
// Source: Rabenseifner, Optimization of Collective Reduction Operations, 2004, with the exchange in one step.

extension Communicator {
  /// Combines everybody's numbers element by element, along the tree by rank: the root's are the result, the
  /// others' are spoilt.
  public func reduce<Element: Sendable>(
    numbers: UnsafeMutableBufferPointer<Element>, _ operation: Elementwise<Element>, to root: Int, tag: Tag
  ) throws(CommunicationError) {
    try check(rank: root)
    if Collective.reduce.isLarge(bytes: numbers.byteCount, size: size) {
      try reducePieces(numbers, operation, to: root, tag)
    } else {
      try reduceAlongTree(numbers, operation, to: root, tag)
    }
  }

  func reducePieces<Element: Sendable>(
    _ numbers: UnsafeMutableBufferPointer<Element>, _ operation: Elementwise<Element>, to root: Int,
    _ tag: Tag
  ) throws(CommunicationError) {
    let pieces = Pieces(count: numbers.count, parts: size)
    try combinePieces(numbers, pieces, operation, tag)
    try gatherDirectly(numbers.part(pieces[rank]).readOnly, numbers, pieces, to: root, tag)
  }

  func reduceAlongTree<Element: Sendable>(
    _ numbers: UnsafeMutableBufferPointer<Element>, _ operation: Elementwise<Element>, to root: Int,
    _ tag: Tag
  ) throws(CommunicationError) {
    guard !numbers.isEmpty else { return }
    let tree = BinomialTree(rank: rank, size: size, root: 0)
    try withScratch(tree.children.isEmpty ? 0 : numbers.count, of: Element.self) {
      (scratch) throws(CommunicationError) in
      try completing(tag) { (_) throws(CommunicationError) in
        // Children come from the nearest on, which is how the tree groups.
        for child in tree.children.reversed() {
          _ = try receive(into: scratch, from: .rank(child.rank), tag: tag)
          operation.combine(numbers, scratch.readOnly)
        }
        if let parent = tree.parent { try send(numbers: numbers.readOnly, to: parent, tag: tag) }
        guard root != 0 else { return }
        if rank == 0 { try send(numbers: numbers.readOnly, to: root, tag: tag) }
        if rank == root { _ = try receive(into: numbers, from: .rank(0), tag: tag) }
      }
    }
  }
}

extension Communicator {
  /// Combines everybody's numbers element by element, along the tree by rank: the root's are the result, the
  /// others' are spoilt.
  ///
  /// - Throws: what `send` and `receive` throw; `wrongLength` where the lengths differ.
  public func reduce<Element: Sendable>(
    numbers: inout [Element], _ operation: Elementwise<Element>, to root: Int = 0
  ) throws(CommunicationError) {
    try numbers.withUnsafeMutableBufferPointer { (buffer) throws(CommunicationError) in
      try reduce(numbers: buffer, operation, to: root, tag: .collective)
    }
  }
}

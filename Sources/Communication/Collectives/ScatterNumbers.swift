// Scatter of numbers, n in all: the k-th piece of the root's, of counts[k] numbers, to rank k. Gather
// backwards.
//
//   before   0: abcd                             after   0: a   1: b   2: c   3: d      (root 0)
//
// Small: along the binomial tree, whose inner workers pass on the pieces of the consecutive ranks below them;
// ceil(log2 P) rounds; all but the root receive once, unless there is no number at and below them: at most P
// - 1 messages. A piece is moved as often as its rank's place (counted from the root) has bits set.
//
// Large: the root sends to everybody who gets numbers; one round, at most P - 1 messages, n words less the
// root's own.
//
// Source: Thakur, Rabenseifner, Gropp 2005, section 4.

extension Communicator {
  /// Puts rank k's part of the root's `all`, which is empty elsewhere, into its `numbers`.
  public func scatter<Element: Sendable>(
    numbers all: UnsafeBufferPointer<Element>, into numbers: UnsafeMutableBufferPointer<Element>,
    counts: [Int], from root: Int, tag: Tag
  ) throws(CommunicationError) {
    try check(rank: root)
    let pieces = Pieces(counts: counts)
    precondition(pieces.count == size && numbers.count == counts[rank])
    precondition(rank != root || all.count == pieces.total)
    if rank == root { numbers.copy(from: all.part(pieces[root])) }
    if Collective.scatter.isLarge(bytes: pieces.total * MemoryLayout<Element>.stride, size: size) {
      try scatterDirectly(all, numbers, pieces, from: root, tag)
    } else {
      try scatterAlongTree(all, numbers, pieces, from: root, tag)
    }
  }

  func scatterDirectly<Element: Sendable>(
    _ all: UnsafeBufferPointer<Element>, _ numbers: UnsafeMutableBufferPointer<Element>, _ pieces: Pieces,
    from root: Int, _ tag: Tag
  ) throws(CommunicationError) {
    try completing(tag) { (pending) throws(CommunicationError) in
      guard rank == root else { return try pending.receive(into: numbers, from: root) }
      for destination in 0..<size where destination != root {
        try pending.send(all.part(pieces[destination]), to: destination)
      }
    }
  }

  func scatterAlongTree<Element: Sendable>(
    _ all: UnsafeBufferPointer<Element>, _ numbers: UnsafeMutableBufferPointer<Element>, _ pieces: Pieces,
    from root: Int, _ tag: Tag
  ) throws(CommunicationError) {
    let tree = BinomialTree(rank: rank, size: size, root: root)
    let turned = TurnedPieces(pieces, first: root)
    let below = turned.pieces[tree.place..<tree.place + tree.count]
    try withScratch(below.count, of: Element.self) { (scratch) throws(CommunicationError) in
      try completing(tag) { (pending) throws(CommunicationError) in
        if let parent = tree.parent {
          try pending.receive(into: scratch, from: parent)
          try pending.waitForFirst()
          numbers.copy(from: scratch.part(0..<numbers.count).readOnly)
        } else {
          turned.turn(all, into: scratch)
        }
        for child in tree.children {
          let range = turned.pieces[child.place..<child.place + child.count]
          try pending.send(scratch.part(range.offset(by: -below.lowerBound)).readOnly, to: child.rank)
        }
      }
    }
  }
}

extension Communicator {
  /// Gives every worker its part of the root's numbers, `counts[k]` for rank k; only the root's are looked at.
  ///
  /// - Throws: what `send` and `receive` throw; `wrongLength` where the counts are not what is sent.
  public func scatter<Element: Sendable>(numbers: [Element], counts: [Int], from root: Int = 0)
    throws(CommunicationError) -> [Element]
  {
    try filled(counts[rank]) { (mine) throws(CommunicationError) in
      try (rank == root ? numbers : []).withUnsafeBufferPointer { (all) throws(CommunicationError) in
        try scatter(numbers: all, into: mine, counts: counts, from: root, tag: .collective)
      }
    }
  }
}

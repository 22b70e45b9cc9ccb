// Gather of numbers, n in all: rank k's counts[k] numbers become the k-th piece of the root's.
//
//   before   0: a   1: b   2: c   3: d           after   0: abcd                       (root 0)
//
// Small: along the binomial tree, whose inner workers collect the pieces of the consecutive ranks below them;
// ceil(log2 P) rounds; all but the root send once, unless there is no number at and below them: at most P - 1
// messages. A piece is moved as often as its rank's place (counted from the root) has bits set.
//
// Large: everybody who has numbers sends them to the root, into place; one round, at most P - 1 messages; the
// root receives n words less its own.
//
// Source: Thakur, Rabenseifner, Gropp 2005, section 4.

extension Communicator {
  /// Puts every worker's numbers one after the other into the root's `all`, which is empty elsewhere.
  public func gather<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, into all: UnsafeMutableBufferPointer<Element>, counts: [Int],
    to root: Int, tag: Tag
  ) throws(CommunicationError) {
    try check(rank: root)
    let pieces = Pieces(counts: counts)
    precondition(pieces.count == size && numbers.count == counts[rank])
    precondition(rank != root || all.count == pieces.total)
    if rank == root { all.part(pieces[root]).copy(from: numbers) }
    if Collective.gather.isLarge(bytes: pieces.total * MemoryLayout<Element>.stride, size: size) {
      try gatherDirectly(numbers, all, pieces, to: root, tag)
    } else {
      try gatherAlongTree(numbers, all, pieces, to: root, tag)
    }
  }

  func gatherDirectly<Element: Sendable>(
    _ numbers: UnsafeBufferPointer<Element>, _ all: UnsafeMutableBufferPointer<Element>, _ pieces: Pieces,
    to root: Int, _ tag: Tag
  ) throws(CommunicationError) {
    try completing(tag) { (pending) throws(CommunicationError) in
      guard rank == root else { return try pending.send(numbers, to: root) }
      for source in 0..<size where source != root {
        try pending.receive(into: all.part(pieces[source]), from: source)
      }
    }
  }

  func gatherAlongTree<Element: Sendable>(
    _ numbers: UnsafeBufferPointer<Element>, _ all: UnsafeMutableBufferPointer<Element>, _ pieces: Pieces,
    to root: Int, _ tag: Tag
  ) throws(CommunicationError) {
    let tree = BinomialTree(rank: rank, size: size, root: root)
    let turned = TurnedPieces(pieces, first: root)
    // The pieces at and below this worker, by place.
    let below = turned.pieces[tree.place..<tree.place + tree.count]
    try withScratch(below.count, of: Element.self) { (scratch) throws(CommunicationError) in
      scratch.part(0..<numbers.count).copy(from: numbers)
      try completing(tag) { (pending) throws(CommunicationError) in
        for child in tree.children {
          let range = turned.pieces[child.place..<child.place + child.count]
          try pending.receive(into: scratch.part(range.offset(by: -below.lowerBound)), from: child.rank)
        }
      }
      guard let parent = tree.parent else { return turned.turnBack(scratch.readOnly, into: all) }
      try completing(tag) { (pending) throws(CommunicationError) in
        try pending.send(scratch.readOnly, to: parent)
      }
    }
  }
}

extension Communicator {
  /// Gives the root every worker's numbers, one after the other; none elsewhere. Without `counts` everybody
  /// has as many as this worker.
  ///
  /// - Throws: what `send` and `receive` throw; `wrongLength` where the counts are not what is sent.
  public func gather<Element: Sendable>(numbers: [Element], counts: [Int]? = nil, to root: Int = 0)
    throws(CommunicationError) -> [Element]
  {
    let counts = counts ?? [Int](repeating: numbers.count, count: size)
    return try filled(rank == root ? counts.reduce(0, +) : 0) { (all) throws(CommunicationError) in
      try numbers.withUnsafeBufferPointer { (mine) throws(CommunicationError) in
        try gather(numbers: mine, into: all, counts: counts, to: root, tag: .collective)
      }
    }
  }
}

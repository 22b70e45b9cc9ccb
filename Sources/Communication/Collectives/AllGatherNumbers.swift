// All-gather of numbers, n in all: rank k's counts[k] numbers become the k-th piece of everybody's.
//
//   before   0: a   1: b   2: c   3: d           after   everywhere abcd
//
// Small: Bruck. A worker holds its own piece and those of the ranks after it, and trades what it has with the
// ranks 1, 2, 4, ... away, so that it has twice as much after each round; at the end they are turned into
// place. ceil(log2 P) rounds, P ceil(log2 P) messages less those whose pieces are all empty.
//
//   0: a b    1: b c    2: c d    3: d a         0: a b c d   1: b c d a   2: c d a b   3: d a b c
//
// Large: the ring. In each of P - 1 rounds everybody passes on, into place, the piece that came last; P
// (P - 1) messages less P - 1 for every empty piece: a worker sends all pieces but the next one's own.
//
// Both ways every worker receives n words less its own: (P - 1) n in all, the least there can be. Source:
// Bruck, Ho, Kipnis, Upfal, Weathersby, Efficient Algorithms for All-to-All Communications, 1997; Thakur,
// Rabenseifner, Gropp 2005, section 4.1.

extension Communicator {
  /// Puts every worker's numbers one after the other into everybody's `all`, of which `numbers` may be the
  /// right part.
  public func allGather<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, into all: UnsafeMutableBufferPointer<Element>, counts: [Int],
    tag: Tag
  ) throws(CommunicationError) {
    let pieces = Pieces(counts: counts)
    precondition(pieces.count == size && numbers.count == counts[rank] && all.count == pieces.total)
    all.part(pieces[rank]).copy(from: numbers)
    if Collective.allGather.isLarge(bytes: all.byteCount, size: size) {
      try allGatherAround(all, pieces, tag)
    } else {
      try allGatherByDoubling(all, pieces, tag)
    }
  }

  /// The ring. Every worker's piece is already in place.
  func allGatherAround<Element: Sendable>(
    _ all: UnsafeMutableBufferPointer<Element>, _ pieces: Pieces, _ tag: Tag
  ) throws(CommunicationError) {
    let (next, previous) = ((rank + 1) % size, (rank - 1 + size) % size)
    func piece(_ index: Int) -> UnsafeMutableBufferPointer<Element> {
      all.part(pieces[(index + size) % size])
    }
    try completing(tag) { (pending) throws(CommunicationError) in
      for step in 1..<max(size, 1) { try pending.receive(into: piece(rank - step), from: previous) }
      for step in 0..<size - 1 {
        // Nothing has been posted for a piece without numbers.
        if step > 0, !piece(rank - step).isEmpty { try pending.waitForFirst() }
        try pending.send(piece(rank - step).readOnly, to: next)
      }
    }
  }

  /// Bruck. Every worker's piece is already in place.
  func allGatherByDoubling<Element: Sendable>(
    _ all: UnsafeMutableBufferPointer<Element>, _ pieces: Pieces, _ tag: Tag
  ) throws(CommunicationError) {
    let turned = TurnedPieces(pieces, first: rank)
    try withScratch(all.count, of: Element.self) { (scratch) throws(CommunicationError) in
      scratch.part(turned.pieces[0]).copy(from: all.part(pieces[rank]).readOnly)
      var held = 1
      while held < size {
        // The destination's next pieces are this worker's first.
        let moved = min(held, size - held)
        try completing(tag) { (pending) throws(CommunicationError) in
          try pending.receive(
            into: scratch.part(turned.pieces[held..<held + moved]), from: (rank + held) % size)
          try pending.send(
            scratch.part(turned.pieces[0..<moved]).readOnly, to: (rank - held + size) % size)
        }
        held += moved
      }
      turned.turnBack(scratch.readOnly, into: all)
    }
  }
}

extension Communicator {
  /// Gives every worker everybody's numbers, one after the other. Without `counts` everybody has as many as
  /// this worker.
  ///
  /// - Throws: what `send` and `receive` throw; `wrongLength` where the counts are not what is sent.
  public func allGather<Element: Sendable>(numbers: [Element], counts: [Int]? = nil)
    throws(CommunicationError) -> [Element]
  {
    let counts = counts ?? [Int](repeating: numbers.count, count: size)
    return try filled(counts.reduce(0, +)) { (all) throws(CommunicationError) in
      try numbers.withUnsafeBufferPointer { (mine) throws(CommunicationError) in
        try allGather(numbers: mine, into: all, counts: counts, tag: .collective)
      }
    }
  }
}

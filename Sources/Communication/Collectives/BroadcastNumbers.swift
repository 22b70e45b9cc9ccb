// Broadcast of n numbers from one worker to all.
//
// Small: the binomial tree of Broadcast.swift; ceil(log2 P) rounds, P - 1 messages.
//
// Large: the root scatters P pieces and they go around in a ring, each to whoever lacks it. The root, which
// lacks none, is only where the ring begins.
//
//   before   0: abc  1:      2:          scatter    0: abc  1: b    2: c
//   ring     0>1: a, 1>2: b              ring       0>1: c, 1>2: a               after  everywhere abc
//
// P rounds, P (P - 1) messages, of n/P words each, where P <= n: the root sends 2 (P - 1), the last worker
// before it none, the others P - 1; all but the root receive P. Both ways every worker but the root receives
// each number once: n words, (P - 1) n in all. Source: van de Geijn, On Global Combine Operations, 1994;
// Thakur, Rabenseifner, Gropp 2005, section 4.2.

extension Communicator {
  /// Fills every worker's buffer with the root's, which is as long.
  public func broadcast<Element: Sendable>(
    numbers: UnsafeMutableBufferPointer<Element>, from root: Int, tag: Tag
  ) throws(CommunicationError) {
    try check(rank: root)
    if Collective.broadcast.isLarge(bytes: numbers.byteCount, size: size) {
      try broadcastPieces(numbers, from: root, tag)
    } else {
      try broadcastAlongTree(numbers, from: root, tag)
    }
  }

  func broadcastAlongTree<Element: Sendable>(
    _ numbers: UnsafeMutableBufferPointer<Element>, from root: Int, _ tag: Tag
  ) throws(CommunicationError) {
    guard !numbers.isEmpty else { return }
    let tree = BinomialTree(rank: rank, size: size, root: root)
    try completing(tag) { (pending) throws(CommunicationError) in
      if let parent = tree.parent { _ = try receive(into: numbers, from: .rank(parent), tag: tag) }
      for child in tree.children { try pending.send(numbers.readOnly, to: child.rank) }
    }
  }

  func broadcastPieces<Element: Sendable>(
    _ numbers: UnsafeMutableBufferPointer<Element>, from root: Int, _ tag: Tag
  ) throws(CommunicationError) {
    guard size > 1 else { return }
    let pieces = Pieces(count: numbers.count, parts: size)
    // Ranks and pieces are counted from the root.
    let place = (rank - root + size) % size
    func piece(_ index: Int) -> UnsafeMutableBufferPointer<Element> {
      numbers.part(pieces[(index + size) % size])
    }
    let (next, previous) = ((rank + 1) % size, (rank - 1 + size) % size)
    try completing(tag) { (pending) throws(CommunicationError) in
      if place == 0 {
        for destination in 1..<size {
          try pending.send(piece(destination).readOnly, to: (root + destination) % size)
        }
        // In the order in which they would come around.
        for index in [0] + (2..<size).reversed() { try pending.send(piece(index).readOnly, to: next) }
        return
      }
      try pending.receive(into: piece(place), from: root)
      for step in 1..<size { try pending.receive(into: piece(place - step), from: previous) }
      for step in 0..<size {
        // Nothing has been posted for a piece without numbers.
        if !piece(place - step).isEmpty { try pending.waitForFirst() }
        // The last worker before the root has nobody to tell, and nobody is told its own piece.
        let index = (place - step + size) % size
        if place < size - 1, index != place + 1 { try pending.send(piece(index).readOnly, to: next) }
      }
    }
  }
}

extension Communicator {
  /// Gives every worker the root's numbers; elsewhere the array has as many, which are replaced.
  ///
  /// - Throws: what `send` and `receive` throw; `wrongLength` where the lengths differ.
  public func broadcast<Element: Sendable>(numbers: inout [Element], from root: Int = 0)
    throws(CommunicationError)
  {
    try numbers.withUnsafeMutableBufferPointer { (buffer) throws(CommunicationError) in
      try broadcast(numbers: buffer, from: root, tag: .collective)
    }
  }
}

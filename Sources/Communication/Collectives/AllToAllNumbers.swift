// All-to-all of numbers: from every worker to every worker a part of its own.
//
//   before   0: a0 a1 a2   1: b0 b1 b2   2: c0 c1 c2
//   after    0: a0 b0 c0   1: a1 b1 c1   2: a2 b2 c2
//
// Small parts, all of m numbers: Bruck. The part for the worker d places on travels by the bits of d: in
// round k every worker passes on, to the one 2^k further, all the parts whose d has bit k. ceil(log2 P)
// rounds, P ceil(log2 P) messages; a worker receives m words for every set bit of every d < P, about
// (P/2) log2 P of them.
//
// Large parts, or parts of different lengths: everybody sends to everybody, beginning with the next rank, into
// place. One round, at most P (P - 1) messages, each number moved once.
//
// Source: Bruck, Ho, Kipnis, Upfal, Weathersby 1997, section 3.

extension Communicator {
  /// Sends the k-th of P equal parts of `numbers` to rank k; what rank k sent becomes the k-th part of
  /// `received`.
  public func allToAll<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, into received: UnsafeMutableBufferPointer<Element>, tag: Tag
  ) throws(CommunicationError) {
    precondition(numbers.count == received.count && numbers.count % size == 0)
    let pieces = Pieces(count: numbers.count, parts: size)
    if Collective.allToAll.isLarge(bytes: received.byteCount, size: size) {
      try allToAllDirectly(numbers, pieces, received, pieces, tag)
    } else {
      try allToAllByBits(numbers, received, pieces, tag)
    }
  }

  /// Sends the next `counts[k]` of `numbers` to rank k, whose `receivedCounts` at this rank says so; what
  /// comes goes into `received`, by rank.
  public func allToAll<Element: Sendable>(
    numbers: UnsafeBufferPointer<Element>, counts: [Int], into received: UnsafeMutableBufferPointer<Element>,
    receivedCounts: [Int], tag: Tag
  ) throws(CommunicationError) {
    let (pieces, receivedPieces) = (Pieces(counts: counts), Pieces(counts: receivedCounts))
    precondition(pieces.count == size && numbers.count == pieces.total)
    precondition(receivedPieces.count == size && received.count == receivedPieces.total)
    try allToAllDirectly(numbers, pieces, received, receivedPieces, tag)
  }

  func allToAllDirectly<Element: Sendable>(
    _ numbers: UnsafeBufferPointer<Element>, _ pieces: Pieces,
    _ received: UnsafeMutableBufferPointer<Element>, _ receivedPieces: Pieces, _ tag: Tag
  ) throws(CommunicationError) {
    received.part(receivedPieces[rank]).copy(from: numbers.part(pieces[rank]))
    try completing(tag) { (pending) throws(CommunicationError) in
      for distance in 1..<max(size, 1) {
        let source = (rank - distance + size) % size
        try pending.receive(into: received.part(receivedPieces[source]), from: source)
      }
      for distance in 1..<max(size, 1) {
        let destination = (rank + distance) % size
        try pending.send(numbers.part(pieces[destination]), to: destination)
      }
    }
  }

  func allToAllByBits<Element: Sendable>(
    _ numbers: UnsafeBufferPointer<Element>, _ received: UnsafeMutableBufferPointer<Element>,
    _ pieces: Pieces, _ tag: Tag
  ) throws(CommunicationError) {
    let part = numbers.count / size
    let half = (size + 1) / 2 * part
    try withScratch(numbers.count + 2 * half, of: Element.self) { (scratch) throws(CommunicationError) in
      // Place d holds what goes d ranks on.
      let travelling = scratch.part(0..<numbers.count)
      TurnedPieces(pieces, first: rank).turn(numbers, into: travelling)
      var bit = 1
      while bit < size {
        let moved = (0..<size).filter { $0 & bit != 0 }
        let outgoing = scratch.part(numbers.count..<numbers.count + moved.count * part)
        let incoming = scratch.part(numbers.count + half..<numbers.count + half + moved.count * part)
        for (k, place) in moved.enumerated() {
          outgoing.part(k * part..<(k + 1) * part).copy(from: travelling.part(pieces[place]).readOnly)
        }
        try completing(tag) { (pending) throws(CommunicationError) in
          try pending.receive(into: incoming, from: (rank - bit + size) % size)
          try pending.send(outgoing.readOnly, to: (rank + bit) % size)
        }
        for (k, place) in moved.enumerated() {
          travelling.part(pieces[place]).copy(from: incoming.part(k * part..<(k + 1) * part).readOnly)
        }
        bit *= 2
      }
      // What has come d ranks is of the worker d ranks before.
      for place in 0..<size {
        received.part(pieces[(rank - place + size) % size]).copy(
          from: travelling.part(pieces[place]).readOnly)
      }
    }
  }
}

extension Communicator {
  /// Sends the next `counts[k]` numbers to rank k, which asks for as many in its `receivedCounts`; returns
  /// what came, by rank.
  ///
  /// - Throws: what `send` and `receive` throw; `wrongLength` where the counts are not what is sent.
  public func allToAll<Element: Sendable>(numbers: [Element], counts: [Int], receivedCounts: [Int])
    throws(CommunicationError) -> [Element]
  {
    try filled(receivedCounts.reduce(0, +)) { (received) throws(CommunicationError) in
      try numbers.withUnsafeBufferPointer { (mine) throws(CommunicationError) in
        try allToAll(
          numbers: mine, counts: counts, into: received, receivedCounts: receivedCounts, tag: .collective)
      }
    }
  }

  /// Sends the k-th of P equal parts to rank k; returns what came, by rank.
  ///
  /// - Throws: what `send` and `receive` throw.
  public func allToAll<Element: Sendable>(numbers: [Element]) throws(CommunicationError) -> [Element] {
    try filled(numbers.count) { (received) throws(CommunicationError) in
      try numbers.withUnsafeBufferPointer { (mine) throws(CommunicationError) in
        try allToAll(numbers: mine, into: received, tag: .collective)
      }
    }
  }
}

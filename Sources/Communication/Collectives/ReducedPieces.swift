// The heart of the reductions of many numbers: a direct exchange after which rank k holds the combination of
// everybody's k-th piece, combined along the tree by rank. Every worker sends its numbers in piece k to rank
// k, which has P versions of its piece side by side and combines them two by two.
//
//   before   0: a0 a1 a2   1: b0 b1 b2   2: c0 c1 c2
//   after    0: (a0 b0)c0  1: (a1 b1)c1  2: (a2 b2)c2
//
// One round, or several where a piece is longer than the share of the scratch memory for it, s numbers: rank
// k receives (P - 1) ceil(counts[k]/s) messages of (P - 1) counts[k] words; (P - 1) n words in all. It is the
// least there can be when the tree is prescribed, and as few as with any. Memory: at most 8 MiB, or P - 1
// numbers.

/// How much of everybody's pieces a worker takes at once.
let reductionScratchBytes = 8 << 20

extension Communicator {
  /// Leaves this rank's combined piece where it lies in `numbers`; the rest is as it was.
  func combinePieces<Element: Sendable>(
    _ numbers: UnsafeMutableBufferPointer<Element>, _ pieces: Pieces, _ operation: Elementwise<Element>,
    scratchBytes: Int = reductionScratchBytes, _ tag: Tag
  ) throws(CommunicationError) {
    guard size > 1 else { return }
    let longest = (0..<size).reduce(0) { max($0, pieces[$1].count) }
    let limit = min(longest, max(1, scratchBytes / MemoryLayout<Element>.stride / (size - 1)))
    try withScratch(limit * (size - 1), of: Element.self) { (scratch) throws(CommunicationError) in
      for start in stride(from: 0, to: longest, by: max(limit, 1)) {
        // What of a rank's piece is dealt with now.
        func part(_ rank: Int) -> UnsafeMutableBufferPointer<Element> {
          let piece = numbers.part(pieces[rank])
          return piece.part(min(start, piece.count)..<min(start + limit, piece.count))
        }
        let mine = part(rank)
        func version(_ source: Int) -> UnsafeMutableBufferPointer<Element> {
          let slot = source < rank ? source : source - 1
          return source == rank ? mine : scratch.part(slot * limit..<slot * limit + mine.count)
        }
        try completing(tag) { (pending) throws(CommunicationError) in
          for distance in 1..<size {
            let source = (rank - distance + size) % size
            try pending.receive(into: version(source), from: source)
          }
          for distance in 1..<size {
            let destination = (rank + distance) % size
            try pending.send(part(destination).readOnly, to: destination)
          }
        }
        var span = 1
        while span < size {
          for left in stride(from: 0, to: size - span, by: 2 * span) {
            operation.combine(version(left), version(left + span).readOnly)
          }
          span *= 2
        }
        if rank != 0 { mine.copy(from: version(0).readOnly) }
      }
    }
  }
}

// Numbers of P ranks, one after the other in one buffer: where each rank's piece lies.

/// The pieces of a buffer, one for each rank.
struct Pieces {
  private let starts: [Int]

  /// Pieces of the given lengths.
  ///
  /// - Precondition: no length is negative.
  init(counts: [Int]) {
    var starts = [0]
    for count in counts {
      precondition(count >= 0, "a piece of \(count) numbers")
      starts.append(starts[starts.count - 1] + count)
    }
    self.starts = starts
  }

  /// `count` numbers in `parts` pieces whose lengths differ by one at most, the longer first.
  init(count: Int, parts: Int) {
    self.init(counts: (0..<parts).map { count / parts + ($0 < count % parts ? 1 : 0) })
  }

  /// The number of pieces.
  var count: Int { starts.count - 1 }
  /// The number of numbers.
  var total: Int { starts[count] }
  /// Where a rank's piece lies.
  subscript(rank: Int) -> Range<Int> { starts[rank]..<starts[rank + 1] }
  /// Where the pieces of consecutive ranks lie.
  subscript(ranks: Range<Int>) -> Range<Int> { starts[ranks.lowerBound]..<starts[ranks.upperBound] }
}

extension UnsafeMutableBufferPointer {
  /// Part of the memory.
  func part(_ range: Range<Int>) -> Self { Self(rebasing: self[range]) }
  /// Copies as many numbers as there are; the two may overlap.
  func copy(from source: UnsafeBufferPointer<Element>) {
    precondition(source.count == count, "\(source.count) numbers for \(count)")
    UnsafeMutableRawBufferPointer(self).copyMemory(from: UnsafeRawBufferPointer(source))
  }
  /// The length in bytes.
  var byteCount: Int { count * MemoryLayout<Element>.stride }
  /// The same memory, to be read.
  var readOnly: UnsafeBufferPointer<Element> { UnsafeBufferPointer(self) }
}

extension UnsafeBufferPointer {
  /// Part of the memory.
  func part(_ range: Range<Int>) -> Self { Self(rebasing: self[range]) }
}

/// The same pieces, in the order of the ranks from `first` on and around the end.
struct TurnedPieces {
  /// Where they lie when they are turned.
  let pieces: Pieces
  private let original: Pieces
  private let first: Int

  init(_ original: Pieces, first: Int) {
    self.original = original
    self.first = first
    pieces = Pieces(counts: (0..<original.count).map { original[($0 + first) % original.count].count })
  }

  /// Copies numbers that lie by rank.
  func turn<Element>(
    _ numbers: UnsafeBufferPointer<Element>, into turned: UnsafeMutableBufferPointer<Element>
  ) {
    for k in 0..<pieces.count {
      turned.part(pieces[k]).copy(from: numbers.part(original[(k + first) % pieces.count]))
    }
  }

  /// Copies turned numbers back to where they lie by rank.
  func turnBack<Element>(
    _ turned: UnsafeBufferPointer<Element>, into numbers: UnsafeMutableBufferPointer<Element>
  ) {
    for k in 0..<pieces.count {
      numbers.part(original[(k + first) % pieces.count]).copy(from: turned.part(pieces[k]))
    }
  }
}

extension Range<Int> {
  /// The range moved by a distance.
  func offset(by distance: Int) -> Range { lowerBound + distance..<upperBound + distance }
}

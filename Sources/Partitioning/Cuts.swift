// A cut of 0..<n into contiguous pieces: bounds 0 = b_0 <= b_1 <= ... <= b_p = n, piece i is b_i..<b_(i+1).
// Pieces may be empty. Pure arithmetic; O(p) memory.

/// How one dimension is cut into contiguous pieces.
public struct Cuts: Hashable, Sendable {
  /// The bounds, one more than there are pieces, from zero to the extent.
  public let bounds: [Int]

  /// The pieces between the given bounds.
  ///
  /// - Precondition: at least two bounds, the first zero, none descending.
  public init(bounds: [Int]) {
    precondition(bounds.count >= 2 && bounds[0] == 0, "bounds must start at zero and hold one piece")
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 <= $1 }, "bounds must not descend")
    self.bounds = bounds
  }

  /// `parts` pieces of 0..<extent whose lengths differ by at most one. O(parts).
  ///
  /// - Precondition: `extent >= 0`, `parts >= 1`.
  public init(even extent: Int, parts: Int) {
    precondition(extent >= 0 && parts >= 1)
    let (length, longer) = extent.quotientAndRemainder(dividingBy: parts)
    self.init(bounds: (0...parts).map { $0 * length + min($0, longer) })
  }

  /// Pieces of `pieceLength`, the last one shorter where the extent is no multiple; one empty piece of nothing.
  ///
  /// - Precondition: `extent >= 0`, `pieceLength >= 1`.
  public init(_ extent: Int, pieceLength: Int) {
    precondition(extent >= 0 && pieceLength >= 1)
    let inner = stride(from: pieceLength, to: extent, by: pieceLength)
    self.init(bounds: [0] + inner + [extent])
  }

  /// `parts` pieces whose weights are as near to equal as contiguous pieces allow, where element i weighs
  /// `offsets[i + 1] - offsets[i]` plus one (so that stretches without weight are shared out too).
  /// Bound p is the first element at which the running weight reaches p / parts of the total. O(parts log n).
  ///
  /// - Precondition: `offsets` is nonempty and ascending, `parts >= 1`.
  public init(balancing offsets: [Int], parts: Int) {
    precondition(!offsets.isEmpty && parts >= 1)
    self.init(offsets.count - 1, parts: parts) { offsets[$0] - offsets[0] }
  }

  /// The same for the positions at which the elements of the dimension are stored, ascending, one for each: what
  /// it costs does not depend on the length of the dimension. O(parts log n log z).
  ///
  /// - Precondition: `positions` ascend in 0..<extent, `parts >= 1`.
  public init(balancing positions: [Int32], of extent: Int, parts: Int) {
    precondition(extent >= 0 && parts >= 1)
    self.init(extent, parts: parts) { i in
      var (low, high) = (0, positions.count)
      while low < high {
        let middle = (low + high) / 2
        if Int(positions[middle]) < i { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  /// The balanced pieces, where `stored(i)` elements are stored before position i.
  private init(_ extent: Int, parts: Int, storedBefore stored: (Int) -> Int) {
    func weight(before i: Int) -> Int { stored(i) + i }
    let total = weight(before: extent)
    var bounds = [0]
    for p in 1..<max(parts, 1) {
      let (high, low) = total.multipliedFullWidth(by: p)
      let target = parts.dividingFullWidth((high, low)).quotient
      var (first, last) = (bounds[p - 1], extent)
      while first < last {
        let middle = (first + last) / 2
        if weight(before: middle) < target { first = middle + 1 } else { last = middle }
      }
      bounds.append(first)
    }
    self.init(bounds: bounds + [extent])
  }

  /// Number of pieces.
  public var count: Int { bounds.count - 1 }
  /// The length of the dimension.
  public var extent: Int { bounds[bounds.count - 1] }

  /// Piece `i`. O(1).
  public subscript(i: Int) -> Range<Int> { bounds[i]..<bounds[i + 1] }

  /// The piece that holds `position`. O(log pieces).
  ///
  /// - Precondition: `0 <= position < extent`.
  public func piece(holding position: Int) -> Int {
    precondition(position >= 0 && position < extent)
    var (low, high) = (0, count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if bounds[middle] <= position { low = middle } else { high = middle }
    }
    return low
  }
}

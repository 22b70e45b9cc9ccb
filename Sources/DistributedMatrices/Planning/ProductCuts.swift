// How the index space m x k x n of C = A B is cut into unit products C_IJ^K = A_IK B_KJ. The cuts come from
// the layouts and contents of A and B alone, never from the number of workers: that, and adding the K partial
// results of C_IJ along the reduction tree of K, is why every grid computes the same bits.
//
//   rows      A's, or pieces of equal length where A has only one
//   columns   B's, or pieces of equal length where B has only one and is dense
//   inner     A's columns where A is cut there, else B's rows, else pieces of equal length; neighbours are
//             joined, in aligned groups of a power of two, until a unit product does enough arithmetic for
//             each element of its result
//
// Where a result is small and the inner dimension long, unit products are large and few, and whoever owned C_IJ would
// receive all its partial results. There the result's tiles are parts of unit products: one kernel call makes several,
// and sums over K are the same element for element, so that no bit depends on it.

import TesseraPartitioning

/// The cuts of a product's index space.
struct ProductCuts: Hashable, Sendable {
  var rows: Cuts
  var inner: Cuts
  var columns: Cuts
  /// Into how many pieces of the result the rows of a unit product go.
  private(set) var rowParts = 1
  /// The same of its columns.
  private(set) var columnParts = 1

  /// The limits that default cuts keep. Tests make them small, so that small matrices are cut too.
  struct Limits: Hashable, Sendable {
    /// The longest piece that is cut by length.
    var longestPiece = 1024
    /// Multiply-adds for each element of a unit product's result, at least, of dense operands.
    var leastDenseWork = 128.0
    /// The same where an operand is sparse.
    var leastSparseWork = 16.0
    /// The shortest side of a piece of the result that is cut finer than the unit product.
    var shortestResultPiece = 32
  }

  /// The cuts for operands with the given cuts, where the inner dimension is worth at most `innerPieces`.
  ///
  /// - Precondition: equal inner extents.
  init(
    left: (rows: Cuts, columns: Cuts), right: (rows: Cuts, columns: Cuts), cutsColumns: Bool,
    innerPieces: Int, limits: Limits = Limits()
  ) {
    precondition(left.columns.extent == right.rows.extent)
    rows = left.rows.count > 1 ? left.rows : Self.equal(left.rows.extent, longest: limits.longestPiece)
    columns =
      right.columns.count > 1 || !cutsColumns
      ? right.columns : Self.equal(right.columns.extent, longest: limits.longestPiece)
    let finest =
      left.columns.count > 1
      ? left.columns
      : right.rows.count > 1 ? right.rows : Self.equal(right.rows.extent, longest: limits.longestPiece)
    inner = Self.joined(finest, atMost: max(1, innerPieces))
  }

  /// Cuts the result finer than unit products until it has a piece for each piece of the inner dimension: as many
  /// workers as those may be spread over then own a share of it each.
  mutating func splitResult(shortest: Int) {
    while rows.count * rowParts * columns.count * columnParts < inner.count {
      let height = rows.extent / (rows.count * rowParts)
      let width = columns.extent / (columns.count * columnParts)
      guard max(height, width) >= 2 * shortest else { return }
      if height >= width { rowParts *= 2 } else { columnParts *= 2 }
    }
  }

  /// The same with the pieces of the result in the place of unit products.
  var ofResult: ProductCuts {
    var pieces = self
    (pieces.rows, pieces.columns) = (rows.refined(rowParts), columns.refined(columnParts))
    (pieces.rowParts, pieces.columnParts) = (1, 1)
    return pieces
  }

  /// A power of two of nearly equal pieces, none longer than `longest`.
  private static func equal(_ extent: Int, longest: Int) -> Cuts {
    var parts = 1
    while parts * longest < extent { parts *= 2 }
    return Cuts(even: extent, parts: parts)
  }

  /// Aligned groups of 1, 2, 4, ... pieces: the first of these with at most `count` groups.
  private static func joined(_ cuts: Cuts, atMost count: Int) -> Cuts {
    var group = 1
    while (cuts.count + group - 1) / group > count { group *= 2 }
    if group == 1 { return cuts }
    let bounds = stride(from: 0, to: cuts.count, by: group).map { cuts.bounds[$0] }
    return Cuts(bounds: bounds + [cuts.extent])
  }
}

extension Cuts {
  /// Every piece in `parts` even ones.
  func refined(_ parts: Int) -> Cuts {
    guard parts > 1 else { return self }
    return Cuts(
      bounds: [0]
        + (0..<count).flatMap { piece in
          Cuts(even: self[piece].count, parts: parts).bounds.dropFirst().map { bounds[piece] + $0 }
        })
  }
}

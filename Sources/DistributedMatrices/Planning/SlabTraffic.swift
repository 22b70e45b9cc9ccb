// The words that passes over a matrix in slabs move, all workers together, known before they run: those that
// the ledger counts. With the copies of arguments c, the r nodes of the reduction tree whose values move, and
// h rows below each:
//
//   a step with arguments of w words               c w
//   a reduction to a value of w words              r w
//   the triangle of a matrix of k columns          the sum of h k - h (h - 1) / 2, h <= k: k (k + 1) / 2 each of slabs of
//                                                  k rows or more
//   Q C of a tree factorization, C k x c           the same between neighbours of a level, and h c down again
//
// O(slabs) to make, O(nodes that move) to ask.

package import TesseraExecution
package import TesseraLocalMatrices
package import TesseraPartitioning

/// What of a matrix in slabs the workers have: the most of each.
package struct SlabShare: Sendable {
  /// Slabs on a worker.
  package var slabs = 1
  /// Rows on a worker.
  package var rows = 0
  /// Rows of a slab.
  package var slabRows = 0

  package init(slabs: Int = 1, rows: Int = 0, slabRows: Int = 0) {
    (self.slabs, self.rows, self.slabRows) = (slabs, rows, slabRows)
  }
}

/// How often what a pass needs and makes goes from one worker to another.
package struct SlabTraffic: Sendable {
  private let argumentCopies: Int
  /// The rows below each node whose value moves in a reduction.
  private let reduced: [Int]
  /// The rows below each node whose triangle moves in a tree factorization.
  private let raised: [Int]
  private let rowCuts: Cuts
  private let ownership: Ownership
  private let engine: (any Engine)?

  /// Nothing moves: all is the driver's.
  package static let none = SlabTraffic(
    Cuts(even: 0, parts: 1), Ownership(tileCount: 1, workerCount: 1), on: nil)

  /// The traffic of slabs cut so, with these owners.
  package init(_ rowCuts: Cuts, _ ownership: Ownership, on engine: (any Engine)?) {
    (self.rowCuts, self.ownership, self.engine) = (rowCuts, ownership, engine)
    let messages = engine?.messages(reducing: ownership) ?? .messagePassing(ownership)
    func rows(_ node: ReductionNode) -> Int {
      rowCuts[node.end - 1].upperBound - rowCuts[node.first].lowerBound
    }
    argumentCopies = messages.argumentCopies
    reduced = messages.movedNodes.map(rows)
    raised = ReductionNode(root: ownership.tileCount).crossings(ownership).map(rows)
  }

  /// What of the slabs is on one worker at most. O(slabs).
  package var share: SlabShare {
    var (slabs, rows): ([Int: Int], [Int: Int]) = ([:], [:])
    for t in 0..<ownership.tileCount {
      slabs[ownership.owner(of: t), default: 0] += 1
      rows[ownership.owner(of: t), default: 0] += rowCuts[t].count
    }
    return SlabShare(
      slabs: slabs.values.max() ?? 0, rows: rows.values.max() ?? 0,
      slabRows: (0..<rowCuts.count).map { rowCuts[$0].count }.max() ?? 0)
  }

  /// Arguments of so many words.
  package func arguments(_ words: Int) -> Int { argumentCopies * words }

  /// The values of a reduction, of so many words each.
  package func values(_ words: Int) -> Int { reduced.count * words }

  /// The triangle of a matrix of k columns.
  package func triangle(columns k: Int) -> Int { reduced.reduce(0) { $0 + Self.trapezoid($1, k) } }

  /// A tree factorization of a matrix of k columns and Q C for a C of c columns.
  package func orthogonalFactor(columns k: Int, times c: Int) -> Int {
    raised.reduce(0) { $0 + Self.trapezoid($1, k) + min($1, k) * c }
  }

  /// The Gram matrix of a matrix of this shape, with what moves where slabs of a sparse one are joined first;
  /// of that the offsets exactly, the elements as if rows were equally full.
  package func gram(_ shape: Shape, storedCount: Int) -> Int {
    let triangle = shape.columns * (shape.columns + 1) / 2
    let size = joinedSlabs(shape, storedCount: storedCount, slabs: rowCuts.count)
    if size == 1 { return values(triangle) }
    let joined = Ownership(
      tileCount: (rowCuts.count + size - 1) / size, workerCount: ownership.workerCount)
    let moved = (0..<rowCuts.count).filter { ownership.owner(of: $0) != joined.owner(of: $0 / size) }
    let joining = slabs(moved, columns: shape.columns, storedCount: storedCount)
    let bounds = stride(from: 0, to: rowCuts.count, by: size).map { rowCuts[$0].lowerBound } + [shape.rows]
    return joining + SlabTraffic(Cuts(bounds: bounds), joined, on: engine).values(triangle)
  }

  /// All slabs that are not the driver's, of a matrix of n columns: the elements of a dense one; of a sparse
  /// one offsets, and indices and elements as if rows were equally full.
  package func collection(columns n: Int, storedCount: Int) -> Int {
    let elsewhere = (0..<rowCuts.count).filter { ownership.owner(of: $0) != 0 }
    return slabs(elsewhere, columns: n, storedCount: storedCount)
  }

  /// Slabs that move.
  private func slabs(_ slabs: [Int], columns n: Int, storedCount: Int) -> Int {
    let rows = rowCuts[rowCuts.count - 1].upperBound
    if storedCount == rows * n { return slabs.reduce(0) { $0 + rowCuts[$1].count * n } }
    let full = 2 * Double(storedCount) / Double(max(1, rows))
    return slabs.reduce(0) { $0 + rowCuts[$1].count + 1 + Int(full * Double(rowCuts[$1].count)) }
  }

  private static func trapezoid(_ rows: Int, _ columns: Int) -> Int {
    let h = min(rows, columns)
    return h * columns - h * (h - 1) / 2
  }
}

extension RowMatrix {
  /// What passes over this matrix, as it is read, move.
  package var slabTraffic: SlabTraffic { SlabTraffic(partitioning.rowCuts, ownership, on: cluster.engine) }
}

extension PreparedRowMatrix {
  /// What passes over this matrix move.
  package var slabTraffic: SlabTraffic {
    SlabTraffic(partitioning.rowCuts, tiles.ownership, on: cluster.engine)
  }
}

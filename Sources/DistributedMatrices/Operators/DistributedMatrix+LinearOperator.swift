// Block and coordinate matrices, and those on the driver, as linear operators. Each application is one pass
// over the tiles.

import TesseraCommunication
import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

extension DistributedMatrix {
  /// How the rows of a product with a vector are cut: as this matrix's are, or evenly where its entries are in
  /// chunks.
  var productCuts: Cuts {
    layout.layers == 1
      ? partitioning.rowCuts
      : Cuts(even: rows, parts: Partitioning.defaultSlabCount(rows: rows, columns: 1, stored: rows))
  }

  /// A x, cut as the grid's rows are. n words to every worker; pieces go to where the first tile of their row
  /// of the grid is.
  func gridProduct(_ x: [Element]) async throws -> RangeVector<Element> {
    try checkOperand("product", shape, Shape(x.count, 1))
    let (cuts, engine) = (productCuts, cluster.engine)
    let ownership =
      layout.layers == 1
      ? Ownership(
        owners: (0..<cuts.count).map { self.ownership.owner(of: layout.tile($0, 0)) },
        workerCount: engine.workerCount)
      : Ownership(tileCount: cuts.count, workerCount: engine.workerCount)
    return RangeVector(
      cuts: cuts,
      tiles: try await engine.exchange(
        GridProductTask<Content>.self, GridOperand(x, layout, cuts: cuts), over: tiles, into: ownership),
      cluster: cluster)
  }

  /// A^H y. The pieces of y go to the tiles whose rows they are, where that moves fewer words than y to the
  /// driver and to every worker would; at most n words from every worker.
  func gridAdjointProduct(_ y: RangeVector<Element>) async throws -> [Element] {
    guard y.count == rows else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "adjoint product", left: Shape(columns, rows), right: Shape(y.count, 1))
    }
    var sum: Segment<Element>
    if let pieces = try await spread(y) {
      sum = try await cluster.engine.reduce(
        SpreadAdjointTask<Content>.self, layout, over: AlignedPair(tiles, pieces))
    } else {
      let operand = GridOperand(try await y.collect(), layout, cuts: Cuts(even: rows, parts: 1))
      sum = try await cluster.engine.reduce(GridAdjointTask<Content>.self, operand, over: tiles)
    }
    sum.add(Segment(first: 0, [Element](repeating: 0, count: columns)))
    return sum.elements
  }

  /// The numbers of y beside the tiles whose rows they are of; nil where y is on the driver, or it would cost
  /// more words than the whole of y to every worker.
  private func spread(_ y: RangeVector<Element>) async throws -> TileCollection<VectorTile<Element>>? {
    guard let (pieces, cuts) = y.pieces(on: cluster), layout.tileCount > 0 else { return nil }
    var words = 0
    for t in 0..<layout.tileCount {
      let rows = layout.rows(ofTile: t)
      for piece in cuts.pieces(meeting: rows)
      where pieces.ownership.owner(of: piece) != ownership.owner(of: t) {
        words += cuts[piece].clamped(to: rows).count
      }
    }
    guard words < rows * cluster.engine.workerCount else { return nil }
    return try await cluster.engine.exchange(
      SpreadTask<Element>.self, VectorSpread(cuts, layout), over: pieces, into: ownership)
  }
}

extension BlockMatrix: LinearOperator {
  /// A x, cut as the rows of blocks are. 2 flops per stored element; n words to every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func apply(_ x: [S]) async throws -> RangeVector<S> { try await gridProduct(x) }

  /// A^H y. 2 flops per stored element; to every tile the numbers of its rows, at most n words from every
  /// worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] { try await gridAdjointProduct(y) }
}

extension CoordinateMatrix: LinearOperator {
  /// A x. 2 flops per entry; n words to every worker, at most m from every tile.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func apply(_ x: [S]) async throws -> RangeVector<S> { try await gridProduct(x) }

  /// A^H y. 2 flops per entry; m words to every worker, at most n from every worker.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] { try await gridAdjointProduct(y) }
}

extension DenseMatrix: LinearOperator {
  /// A x, on the driver. 2mn flops.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`.
  public func apply(_ x: [S]) async throws -> RangeVector<S> { RangeVector(onDriver: try self * x) }

  /// A^H y. 2mn flops.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] {
    try adjoint() * (try await y.collect())
  }
}

extension SparseMatrix: LinearOperator {
  /// A x, on the driver. 2 flops per nonzero.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`.
  public func apply(_ x: [S]) async throws -> RangeVector<S> { RangeVector(onDriver: try self * x) }

  /// A^H y. 2 flops per nonzero.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] {
    try adjoint() * (try await y.collect())
  }
}

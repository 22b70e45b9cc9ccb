// Sums, elementwise products, norms and comparisons of distributed matrices: tile by tile. A second operand that
// is cut otherwise, or read otherwise, is redistributed first: each of its stored elements moves at most once.

import TesseraCommunication
import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

extension DistributedMatrix where Content == LocalMatrix<Element> {
  /// alpha A + beta B, cut and owned as A is. O(stored elements); nothing moves where B is cut as A is.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func scaled(
    by alpha: Element = 1, adding b: some DistributedMatrix<Element>, times beta: Element = 1
  )
    async throws -> Self
  {
    try await combined(.sum, alpha, b, beta, "addition")
  }

  /// A - B, cut and owned as A is.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func subtracting(_ b: some DistributedMatrix<Element>) async throws -> Self {
    try await combined(.sum, 1, b, -1, "subtraction")
  }

  /// A + B, cut and owned as A is.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func adding(_ b: some DistributedMatrix<Element>) async throws -> Self {
    try await combined(.sum, 1, b, 1, "addition")
  }

  /// A .* B, cut and owned as A is. Places where a sparse factor stores nothing are zero.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func elementwiseProduct(_ b: some DistributedMatrix<Element>) async throws -> Self {
    try await combined(.elementwiseProduct, 1, b, 1, "elementwise product")
  }

  /// alpha A. Nothing moves but alpha.
  ///
  /// - Throws: `ExecutionError`.
  public func scaled(by alpha: Element) async throws -> Self {
    let factor = layout.view.isConjugated ? alpha.conjugate : alpha
    return Self(
      layout: layout, storedCount: storedCount, cluster: cluster,
      tiles: try await cluster.engine.map(ScalingTask<Element>.self, VectorTile([factor]), over: tiles))
  }

  /// A norm of the matrix; zero for an empty one, NaN when an element is. One pass. One word from every worker,
  /// for column sums of a matrix in row pieces (and the like) as many as there are columns.
  ///
  /// - Throws: `ExecutionError`.
  public func norm(_ kind: MatrixNorm = .frobenius) async throws -> Element.Real {
    let stored: MatrixNorm =
      switch kind {
      case .one where layout.view.isTransposed: .infinity
      case .infinity where layout.view.isTransposed: .one
      case let kind: kind
      }
    let sums = try await cluster.engine.reduce(
      NormTask<Element>.self, NormArguments(stored, layout.grid), over: tiles)
    return Element.Real(sums.elements.reduce(0, larger))
  }

  /// The largest |a - b| and the largest |a - b| / max(|a|, |b|) over all elements; elements that are equal,
  /// infinities too, differ by zero, NaN from everything by NaN.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch`, `ExecutionError`.
  public func difference(from b: some DistributedMatrix<Element>) async throws -> (
    absolute: Element.Real, relative: Element.Real
  ) {
    try checkSameShape("comparison", shape, b.shape)
    let second = try await aligned(b)
    let found = try await cluster.engine.reduce(
      DifferenceTask<Element>.self, [layout.view.isConjugated ? 1 : 0, second.isConjugated ? 1 : 0],
      over: AlignedPair(tiles, second.tiles)
    ).elements
    guard found.count == 2 else {
      throw ExecutionError.communication(.malformed(expected: "two differences"))
    }
    return (found[0], found[1])
  }

  private func combined(
    _ kind: Combination<Element>.Kind, _ alpha: Element, _ b: some DistributedMatrix<Element>,
    _ beta: Element,
    _ name: String
  ) async throws -> Self {
    try checkSameShape(name, shape, b.shape)
    let second = try await aligned(b)
    let what = Combination(
      kind, alpha, beta, firstIsConjugated: layout.view.isConjugated,
      secondIsConjugated: second.isConjugated)
    return Self(
      layout: Layout(layout.grid, view: MatrixView(isTransposed: layout.view.isTransposed)),
      storedCount: kind == .sum ? min(storedCount + b.storedCount, shape.elementCount) : storedCount,
      cluster: cluster,
      tiles: try await cluster.engine.map(
        CombinationTask<Element>.self, what, over: AlignedPair(tiles, second.tiles)))
  }

  /// The tiles of `b` cut as this matrix's stored tiles are, and whether they are to be conjugated.
  private func aligned(_ b: some DistributedMatrix<Element>) async throws -> (
    tiles: TileCollection<LocalMatrix<Element>>, isConjugated: Bool
  ) {
    try checkSameCluster(cluster, b.cluster)
    let b = layout.view.isTransposed ? b.transposed() : b
    if b.layout.grid == layout.grid, !b.layout.view.isTransposed,
      let same = b.tiles as? TileCollection<LocalMatrix<Element>>
    {
      return (same, b.layout.view.isConjugated)
    }
    return (try await b.redistributed(as: Self.self, layout.grid, ownership).tiles, false)
  }
}

extension DistributedMatrix {
  /// Counts the stored elements. One pass; one number from every worker.
  ///
  /// - Throws: `ExecutionError`.
  public func countStored() async throws -> Int { try await tiles.storedCount(on: cluster) }

  /// The stored elements of each tile, in the order of `tiles`. One pass; one number for each tile.
  ///
  /// - Throws: `ExecutionError`.
  public func storedCounts() async throws -> [Int] {
    try await cluster.engine.reduce(CountTask<Content>.self, Empty(), over: tiles)
  }

  /// The submatrix of the given rows and columns, zero-based, in the pieces of this matrix's grid that they
  /// reach into, each where it was: nothing moves, but that entries in chunks are sorted into a grid first.
  ///
  /// - Throws: `LinearAlgebraError.invalidArgument` when a range leaves the matrix, `ExecutionError`.
  public func slice(rows: Range<Int>? = nil, columns: Range<Int>? = nil) async throws -> Self {
    let (rows, columns) = (rows ?? 0..<self.rows, columns ?? 0..<self.columns)
    guard rows.lowerBound >= 0, rows.upperBound <= self.rows, columns.lowerBound >= 0,
      columns.upperBound <= self.columns
    else { throw LinearAlgebraError.invalidArgument("rows \(rows), columns \(columns) leave \(shape)") }
    if layout.view.isTransposed {
      return try await transposed().slice(rows: columns, columns: rows).transposed()
    }
    guard layout.layers == 1 else {
      let grid = Partitioning.defaultBlocks(rows: self.rows, columns: self.columns, stored: storedCount)
      let sorted: Self = try await redistributed(as: Self.self, grid, nil)
      return try await sorted.slice(rows: rows, columns: columns)
    }
    let (rowCuts, firstRow) = layout.grid.rowCuts.clamped(to: rows)
    let (columnCuts, firstColumn) = layout.grid.columnCuts.clamped(to: columns)
    let grid = Partitioning(rowCuts: rowCuts, columnCuts: columnCuts)
    let owners = (0..<grid.tileCount).map { t in
      ownership.owner(
        of: layout.tile(firstRow + t / columnCuts.count, firstColumn + t % columnCuts.count))
    }
    let result: Self = try await redistributed(
      as: Self.self, rows: rows, columns: columns, grid,
      Ownership(owners: owners, workerCount: ownership.workerCount))
    return result
  }
}

extension DistributedMatrix {
  /// The submatrix of the given rows and columns of the grid, counted in pieces of `partitioning`: nothing moves, but
  /// that entries in chunks, which are one piece, are sorted into a grid first.
  ///
  /// - Throws: `LinearAlgebraError.invalidArgument` when a range leaves the grid, `ExecutionError`.
  public func slice(rowPieces: Range<Int>, columnPieces: Range<Int>) async throws -> Self {
    let (rowCuts, columnCuts) = (partitioning.rowCuts, partitioning.columnCuts)
    guard rowPieces.lowerBound >= 0, rowPieces.upperBound <= rowCuts.count, columnPieces.lowerBound >= 0,
      columnPieces.upperBound <= columnCuts.count
    else {
      throw LinearAlgebraError.invalidArgument(
        "pieces \(rowPieces), \(columnPieces) leave a grid of \(rowCuts.count) x \(columnCuts.count)")
    }
    return try await slice(rows: rowCuts.span(rowPieces), columns: columnCuts.span(columnPieces))
  }
}

extension Cuts {
  /// The pieces that `range` reaches into, cut to it, and the number of the first of them.
  fileprivate func clamped(to range: Range<Int>) -> (cuts: Cuts, first: Int) {
    guard !range.isEmpty else { return (Cuts(even: 0, parts: 1), 0) }
    let (first, last) = (piece(holding: range.lowerBound), piece(holding: range.upperBound - 1))
    let inner = bounds[(first + 1)..<(last + 1)].map { $0 - range.lowerBound }
    return (Cuts(bounds: [0] + inner + [range.count]), first)
  }
}

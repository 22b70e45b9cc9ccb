// The planner of a product of two dense matrices of which nothing is known but how they are cut: it may place both
// where it wants. The cuts are those of a product of two block matrices. O(tiles).

import TesseraPartitioning

extension MultiplyPlanner {
  /// The product of dense matrices in the tiles `left` and `right`.
  ///
  /// - Precondition: equal inner lengths.
  init(
    dense left: Partitioning, _ right: Partitioning, bytesPerElement: Int = 8, splitsResult: Bool = true,
    workerCount: Int = 1, memoryPerWorker: Int = .max
  ) {
    let limits = ProductCuts.Limits()
    var cuts = ProductCuts(
      left: (left.rowCuts, left.columnCuts), right: (right.rowCuts, right.columnCuts), cutsColumns: true,
      innerPieces: max(1, left.columns / Int(limits.leastDenseWork)))
    if splitsResult { cuts.splitResult(shortest: limits.shortestResultPiece) }
    self.init(
      cuts: cuts,
      left: OperandMap(
        denseTiles: left.rowCuts, left.columnCuts, unitRows: cuts.rows, unitColumns: cuts.inner, owners: nil,
        bytesPerElement: bytesPerElement),
      right: OperandMap(
        denseTiles: right.rowCuts, right.columnCuts, unitRows: cuts.inner, unitColumns: cuts.columns,
        owners: nil, bytesPerElement: bytesPerElement),
      result: ResultMap(isInSlabs: false), workerCount: workerCount, memoryPerWorker: memoryPerWorker)
  }

  /// C (m x n) = A (m x k) B (k x n) in square blocks of at most `blockSize`, or in the default ones.
  init(rows m: Int, inner k: Int, columns n: Int, blockSize: Int? = nil, workerCount: Int = 1) {
    func grid(_ rows: Int, _ columns: Int) -> Partitioning {
      if let blockSize { return Partitioning(rows: rows, columns: columns, blockSize: blockSize) }
      return .defaultBlocks(rows: rows, columns: columns, stored: rows * columns)
    }
    self.init(dense: grid(m, k), grid(k, n), workerCount: workerCount)
  }
}

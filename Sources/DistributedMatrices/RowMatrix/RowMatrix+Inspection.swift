// What a decomposition asks before it starts: are all elements finite, how large are they.

import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

extension RowMatrix {
  /// The largest modulus of an element and the Frobenius norm. One pass; three words from every worker.
  ///
  /// - Throws: `LinearAlgebraError.notFinite` with row and column of the first NaN or infinite element in the
  ///   order of the stored rows, `ExecutionError`.
  public func magnitudes() async throws -> (largest: S.Real, frobenius: S.Real) {
    let firstRows = (0..<layout.grid.tileCount).map { layout.grid.rows(ofTile: $0).lowerBound }
    let found = try await cluster.engine.reduce(
      InspectionTask<LocalMatrix<S>>.self, firstRows, over: tiles)
    if found.firstNotFinite.count == 2 {
      let (row, column) = (found.firstNotFinite[0], found.firstNotFinite[1])
      throw LinearAlgebraError.notFinite(
        row: layout.view.isTransposed ? column : row, column: layout.view.isTransposed ? row : column)
    }
    return (found.largest, found.frobenius)
  }
}

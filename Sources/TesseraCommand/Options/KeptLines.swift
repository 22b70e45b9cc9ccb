// Operations on matrices of which most rows or columns are empty: these are left out before and put back after, so
// that a matrix of 10^9 rows and three entries takes the time and memory of three entries.

import Tessera

/// The rows and columns of a matrix that have entries; nil for a dimension that is as it was.
struct KeptLines {
  var rows: OccupiedLines?
  var columns: OccupiedLines?

  /// The factors of a product without the rows of A, the columns of B and the places between them that have no entry,
  /// and the lines of the result; nil where neither factor is mostly empty lines. What is dense is left whole.
  static func product<S: Scalar>(_ a: MatrixContents<S>, _ b: MatrixContents<S>) -> (
    left: MatrixContents<S>, right: MatrixContents<S>, result: KeptLines
  )? {
    guard a.isMostlyEmptyLines || b.isMostlyEmptyLines else { return nil }
    var lines = KeptLines()
    var inner: OccupiedLines?
    if case .triplets(let a) = a { lines.rows = OccupiedLines(a.rowIndices, of: a.rows) }
    if case .triplets(let b) = b { lines.columns = OccupiedLines(b.columnIndices, of: b.columns) }
    if case .triplets(let a) = a, case .triplets(let b) = b {
      inner = OccupiedLines(a.columnIndices + b.rowIndices, of: a.columns)
    }
    return (
      KeptLines(rows: lines.rows, columns: inner).kept(of: a),
      KeptLines(rows: inner, columns: lines.columns).kept(of: b), lines
    )
  }

  /// What is kept of a list of entries; a dense matrix as it is.
  private func kept<S: Scalar>(of matrix: MatrixContents<S>) -> MatrixContents<S> {
    guard case .triplets(let entries) = matrix else { return matrix }
    return .triplets(entries.keeping(rows: rows, columns: columns))
  }

  /// The entries of a result at the places that they have in the whole one.
  func whole<S: Scalar>(_ result: LocalMatrix<S>) -> TripletMatrix<S> {
    let entries =
      switch result {
      case .dense(let a): a.triplets()
      case .sparse(let a): a.triplets()
      }
    return entries.spread(rows: rows, columns: columns)
  }
}

extension MatrixContents {
  /// Whether it is a list of entries with far more rows or columns than those.
  var isMostlyEmptyLines: Bool {
    if case .triplets(let entries) = self { entries.isMostlyEmptyLines } else { false }
  }
}

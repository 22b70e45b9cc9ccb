// The covariance and the correlation of columns: the Gram matrix of the centred matrix, which is never formed
// where it would not be sparse; see `CentredMatrix`. Two passes, m n^2 flops or sum over rows of nnz^2; n(n+1)/2
// words from every worker.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices

extension RowMatrix {
  /// C^H C / (m - ddof), n x n, on the driver, for C the matrix less the means of its columns: element (i, j) is
  /// the mean of conj(x_i) x_j. (For complex data NumPy's `cov` is the conjugate.)
  ///
  /// - Parameter ddof: 1 for the unbiased estimate, 0 for the mean over the rows.
  /// - Throws: `LinearAlgebraError.notFinite` with row and column, `outOfMemory` when n x n elements do not fit,
  ///   `invalidArgument` for no more rows than `ddof`, `ExecutionError`.
  public func covariance(ddof: Int = 1) async throws -> DenseMatrix<S> {
    guard rows > ddof else {
      throw LinearAlgebraError.invalidArgument("a covariance of \(rows) rows, of which \(ddof) are taken off")
    }
    let centred = try await CentredMatrix(self)
    let (gram, factors) = (try await centred.gram(), centred.factors)
    let divisor = S.Real(rows - ddof)
    return DenseMatrix(rows: columns, columns: columns) { i, j in
      // The diagonal is known better than the product knows it.
      let value = S(real: 1 / divisor) * (i == j ? S(real: centred.squares[i]) : gram[i, j])
      // Neither power alone may take the value out of the range.
      return value.scaled(by: 1 / factors[i], over: factors[j])
    }
  }

  /// The covariance divided by both standard deviations, n x n, on the driver; ones on the diagonal, NaN for a
  /// column that does not vary, as in NumPy.
  ///
  /// - Throws: as `covariance`.
  public func correlation() async throws -> DenseMatrix<S> {
    let centred = try await CentredMatrix(self)
    let gram = try await centred.gram()
    return DenseMatrix(rows: columns, columns: columns) { i, j in
      let (x, y) = (centred.squares[i].squareRoot(), centred.squares[j].squareRoot())
      guard x > 0, y > 0 else { return S(real: .nan) }
      return i == j ? 1 : S(real: 1 / x) * (S(real: 1 / y) * gram[i, j])
    }
  }
}

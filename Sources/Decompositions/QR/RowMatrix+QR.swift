// The QR factorization of a matrix in slabs: one front door, two ways behind it, one certificate for both.

public import TesseraDistributedMatrices
import TesseraLocalMatrices
import Numerics

extension RowMatrix {
  /// A = Q R, or A P = Q R with pivoting, of this m x n matrix, tall or wide, of any rank and condition; k =
  /// min(m, n). A matrix of full column rank has one such Q and R without pivoting.
  ///
  /// Shapes: Q m x k beside the rows, R k x n on the driver. Of a wide matrix R is about as large as the matrix
  /// and must fit the driver.
  ///
  /// | method | chosen when | passes | flops | words per tree level or worker |
  /// | --- | --- | --- | --- | --- |
  /// | cholesky | m >= 8n, no pivoting, and its error bound holds (see `CholeskyQR`) | 3; R alone 2 | 5 m n^2; R alone 3 m n^2 | n(n+1)/2 twice, 3 n^2 |
  /// | tsqr | otherwise | 3; R alone 2 | 8 m n^2; R alone 2 m n^2 | n(n+1)/2 up, n^2 down |
  ///
  /// A matrix with elements so large or small that their squares would leave the range of the scalar is scaled by powers of
  /// two first: every column by its own, two passes more, so that a small one keeps its digits beside a large one; with
  /// pivoting, which compares columns, all by the same, so that what is smaller than the largest element by the whole range
  /// of the scalar counts as zero.
  ///
  /// Where the bound does not hold its pass has been made in vain. Memory on the workers: Q, and with TSQR as
  /// much again for the factors of the slabs; on the driver a few k x n.
  ///
  /// - Parameters:
  ///   - pivoting: whether to reveal the rank: R's diagonal then descends. The triangle of A is factored with
  ///     pivoting on the driver; Q changes by a factor of k x k on the way down the tree.
  ///   - method: how; `auto` chooses by the table. `cholesky` is tried on any matrix that is not wide; where its bound
  ///     does not hold `tsqr` takes over, and the result's `method` says so.
  ///   - orthogonalFactor: whether to compute Q.
  ///   - certify: whether to compute the certificate, for which Q is needed: two more passes, 3 m n k flops.
  /// - Returns: the factors. Where R is beyond the range of the scalar `isInRange` says so, and the certificate,
  ///   which is of the R returned, tells what is lost.
  /// - Throws: `LinearAlgebraError.notFinite` for NaN or infinite elements, with row and column, `invalidArgument`
  ///   for `cholesky` with pivoting or of a wide matrix, `outOfMemory`, `ExecutionError`.
  public func qr(
    pivoting: Bool = false, method: QRMethod = .auto, orthogonalFactor: Bool = true, certify: Bool = false
  ) async throws -> QRDecomposition<S> {
    if method == .cholesky {
      if pivoting {
        throw LinearAlgebraError.invalidArgument("the method cholesky does not pivot; tsqr does")
      }
      guard rows >= columns else {
        throw LinearAlgebraError.invalidArgument(
          "the method cholesky needs at least as many rows as columns, not \(shape); tsqr takes any shape")
      }
    }
    let a = try await materialized()
    let wantsQ = orthogonalFactor || certify
    var factors: Factors?
    if !pivoting, method == .cholesky || method == .auto && rows >= 8 * columns,
      let cholesky = try await CholeskyQR(a, wantsQ: wantsQ)
    {
      factors = Factors(q: cholesky.q, r: cholesky.r, permutation: Array(0..<columns), method: .cholesky)
    }
    var (tame, powers) = (a, [] as [S.Real])
    let found: Factors
    if let factors {
      found = factors
    } else {
      // The tasks refuse what is not finite too, but do not know in which row of the whole.
      let factor: S.Real = safeFactor(Double(try await a.magnitudes().largest))
      if factor != 1 {
        let scaled = try await ScaledColumns(a, a.safeColumnMoments(), together: pivoting)
        (tame, powers) = (scaled.matrix, scaled.factors)
      }
      found = try await tame.reflected(pivoting: pivoting, wantsQ: wantsQ)
    }
    // R of A itself, and what of it remains in the range.
    var (r, remains) = (found.r, found.r)
    if !powers.isEmpty {
      r = DenseMatrix(rows: found.r.rows, columns: columns) {
        found.r[$0, $1].scaled(by: 1, over: powers[found.permutation[$1]])
      }
      remains = DenseMatrix(rows: r.rows, columns: columns) {
        r[$0, $1].scaled(by: powers[found.permutation[$1]], over: 1)
      }
    }
    var certificate: QRCertificate<S.Real>?
    if certify, let q = found.q {
      certificate = try await tame.certificate(q, remains, found.permutation)
    }
    return QRDecomposition(
      q: orthogonalFactor ? found.q : nil, r: r, permutation: found.permutation, method: found.method,
      certificate: certificate,
      predicted: a.prediction(found.method, wantsQ: wantsQ, certify: certify), rows: rows,
      isInRange: Self.isRounded(found.r, to: remains))
  }

  /// Whether every column of R has lost no more than rounding: half the least number in each of k elements, which
  /// is u times the least normal number, is within k u |r|_1 of any column that is not subnormal itself.
  private static func isRounded(_ r: DenseMatrix<S>, to remains: DenseMatrix<S>) -> Bool {
    (0..<r.columns).allSatisfy { j in
      let column = r.column(j)
      let lost = zip(column, remains.column(j)).reduce(0) { $0 + ($1.0 - $1.1).modulus }
      let size = column.reduce(0) { $0 + $1.modulus }
      return lost <= S.Real(r.rows) * S.unitRoundoff * size
    }
  }

  private typealias Factors = (q: RowMatrix?, r: DenseMatrix<S>, permutation: [Int], method: QRMethod)

  /// By the tree of reflections.
  private func reflected(pivoting: Bool, wantsQ: Bool) async throws -> Factors {
    let natural = Array(0..<columns)
    guard wantsQ else {
      let r = try await triangle()
      if !pivoting { return (nil, r, natural, .tsqr) }
      let pivoted = try r.pivotedQR()
      return (nil, pivoted.r, pivoted.permutation, .tsqr)
    }
    let tree = try await TreeFactorization(self)
    if !pivoting { return (try await tree.orthogonalFactor(), tree.r, natural, .tsqr) }
    let pivoted = try tree.r.pivotedQR()
    return (try await tree.orthogonalFactor(times: pivoted.q), pivoted.r, pivoted.permutation, .tsqr)
  }

  private func certificate(_ q: RowMatrix, _ r: DenseMatrix<S>, _ permutation: [Int]) async throws
    -> QRCertificate<S.Real>
  {
    // A = Q (R P^T): column permutation[j] of it is column j of R.
    var places = permutation
    for (j, column) in permutation.enumerated() { places[column] = j }
    let (difference, size) = try await residual(ofFactors: q, r.selectingColumns(places))
    let defect = (try await q.gram() - DenseMatrix(identity: q.columns)).norm(.one)
    return QRCertificate(
      difference: difference, size: size, defect: defect, rows: rows, unitRoundoff: S.unitRoundoff)
  }
}

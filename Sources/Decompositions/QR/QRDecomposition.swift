// A P = Q R: what a distributed QR factorization returns, and how good it is.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import Numerics

/// How a QR factorization is computed.
public enum QRMethod: String, Sendable, CaseIterable {
  /// Chosen by shape, and by what the Gram matrix says of the condition; see `RowMatrix.qr`.
  case auto
  /// Householder reflections up a tree over the slabs (TSQR).
  case tsqr
  /// The Cholesky factor of the Gram matrix, twice (CholeskyQR2), of a matrix that is not wide. Where it cannot be
  /// shown to be as good as reflections, `tsqr` takes its place.
  case cholesky
}

/// LAPACK's test ratios of a factorization, which are of the order of 1, and below 30, when it is as good as
/// the precision allows; u is the unit roundoff.
public struct QRCertificate<Real: RealScalar>: Sendable, Equatable {
  /// |A P - Q R|_1 / (m |A|_1 u)
  public let residual: Real
  /// |I - Q^H Q|_1 / (m u)
  public let orthogonality: Real

  /// The ratios of |A P - Q R|_1, |A|_1 and |I - Q^H Q|_1 for a matrix of m rows with unit roundoff u.
  init(difference: Real, size: Real, defect: Real, rows: Int, unitRoundoff: Real) {
    let unit = Real(max(1, rows)) * unitRoundoff
    residual = size == 0 ? difference / unit : difference / size / unit
    orthogonality = defect / unit
  }
}

/// The factorization A P = Q R of an m x n matrix, k = min(m, n).
public struct QRDecomposition<S: Scalar>: Sendable {
  /// m x k with orthonormal columns, beside the rows of A; nil when only R was asked for.
  public let q: RowMatrix<S>?
  /// k x n on the driver: exact zeros below a diagonal that is real and not negative.
  public let r: DenseMatrix<S>
  /// Column j of A P is column `permutation[j]` of A; 0..<n without pivoting.
  public let permutation: [Int]
  /// The method that computed it; never `auto`.
  public let method: QRMethod
  /// How good it is, when that was asked for.
  public let certificate: QRCertificate<S.Real>?
  /// What the method was predicted to cost: the words that the ledger counts, but for those of scaling, and of a Gram
  /// matrix where `cholesky` was tried in vain.
  public let predicted: RoutePrediction
  /// Rows of A.
  public let rows: Int

  /// Whether R is within the range of the scalar. Where A's elements are near the upper end those of R, which are
  /// as large as A's columns are long, may be infinite; near the lower end a column of R may lose more than
  /// rounding.
  public let isInRange: Bool

  /// The rank of A: how many of its singular values, which are those of R, are above `tolerance` times the largest, by
  /// default `rankTolerance`. As least squares count it, and NumPy's `matrix_rank`; the diagonal of a pivoted R, which
  /// falls more slowly than the singular values, would count more. O(k^2 n).
  ///
  /// - Throws: `LinearAlgebraError.outOfRange` where R is not in the range of the scalar, `outOfMemory`.
  public func rank(tolerance: S.Real? = nil) throws -> Int {
    guard isInRange else { throw LinearAlgebraError.outOfRange("R") }
    let values = try r.singularValues()
    let limit = (tolerance ?? rankTolerance(Shape(rows, r.columns))) * (values.first ?? 0)
    return values.count { $0 > limit }
  }
}

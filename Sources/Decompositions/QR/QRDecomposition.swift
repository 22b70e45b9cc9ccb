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
  /// Rows of A.
  public let rows: Int

  /// The number of diagonal elements of R, or, where A's columns were not pivoted, of the triangle of a
  /// pivoted QR factorization of R, above `tolerance` times the first, by default max(m, n) eps. O(k^2 n).
  ///
  /// Reliable in practice, not in theory: Kahan's matrices hide small singular values from it.
  ///
  /// - Throws: `LinearAlgebraError.outOfMemory`.
  public func rank(tolerance: S.Real? = nil) throws -> Int {
    let isPivoted = permutation.indices.contains { permutation[$0] != $0 }
    let diagonal = (isPivoted ? r : try r.pivotedQR().r).diagonal.map(\.realPart)
    let relative = tolerance ?? S.Real(max(rows, r.columns)) * S.Real.ulpOfOne
    let limit = relative * (diagonal.first ?? 0)
    return diagonal.count { $0 > limit }
  }
}

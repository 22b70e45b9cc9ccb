// P A = L U, A n x n, P a permutation, L unit lower triangular with |l_ij| <= 1, U upper triangular: Gaussian
// elimination with partial pivoting. 2n^3/3 flops, n^2 elements of memory; a solve takes 2n^2 flops per right
// side. Source: Golub, Van Loan, Matrix Computations, 3.4; LAPACK getrf, getrs.

import Numerics

/// The LU factorization P A = L U with partial pivoting of a dense square matrix.
public struct LUFactorization<S: Scalar>: Sendable {
  /// Row i of P A is row `permutation[i]` of A.
  public let permutation: [Int]
  /// The first zero-based step whose pivot vanished: A is singular to working precision. Nil when none did.
  public let singularPivot: Int?
  /// U and, below its diagonal, L without its unit diagonal, column-major.
  private let packed: DenseMatrix<S>
  /// The row exchanges one after the other, from one, as LAPACK keeps them.
  private let exchanges: [Int32]

  fileprivate init(packed: DenseMatrix<S>, exchanges: [Int32]) {
    self.packed = packed
    self.exchanges = exchanges
    var order = Array(0..<packed.rows)
    for (k, exchange) in exchanges.enumerated() { order.swapAt(k, Int(exchange) - 1) }
    permutation = order
    // A subnormal pivot has no reciprocal to divide by: OpenBLAS leaves the column undivided.
    singularPivot = packed.diagonal.firstIndex { $0.modulus < S.Real.leastNormalMagnitude }
  }

  /// n by n, unit diagonal, exact zeros above it.
  public var lower: DenseMatrix<S> {
    DenseMatrix(rows: packed.rows, columns: packed.rows) { $0 == $1 ? 1 : $0 > $1 ? packed[$0, $1] : 0 }
  }

  /// n by n, exact zeros below the diagonal.
  public var upper: DenseMatrix<S> {
    DenseMatrix(rows: packed.rows, columns: packed.rows) { $0 <= $1 ? packed[$0, $1] : 0 }
  }

  /// det A: the product of the pivots with the sign of the permutation. O(n); overflows and underflows soon.
  public var determinant: S {
    let odd = exchanges.enumerated().count { $0.offset != Int($0.element) - 1 } % 2 == 1
    return packed.diagonal.reduce(odd ? -1 : 1, *)
  }

  /// log |det A|, minus infinity when a pivot is zero. O(n).
  public var logAbsoluteDeterminant: S.Real { packed.diagonal.reduce(0) { $0 + S.Real.log($1.modulus) } }

  /// The solution X of A X = B, n by the columns of B, column-major. 2n^2 flops per column.
  ///
  /// - Throws: `singular` with the pivot that vanished, `shapeMismatch` when B does not have n rows,
  ///   `notFinite` for NaN or infinity in B.
  public func solve(_ b: DenseMatrix<S>) throws(LinearAlgebraError) -> DenseMatrix<S> {
    if let singularPivot { throw .singular(pivot: singularPivot) }
    return try solved(packed.shape, b) { n, columns, x in
      packed.storage.withUnsafeBufferPointer { packed in
        exchanges.withUnsafeBufferPointer {
          S.getrs(n, columns, packed.baseAddress!, n, $0.baseAddress!, x, n)
        }
      }
    }
  }

  /// The solution x of A x = b. 2n^2 flops.
  ///
  /// - Throws: as for a matrix of right sides.
  public func solve(_ b: [S]) throws(LinearAlgebraError) -> [S] { try solve(DenseMatrix(column: b)).storage }

  /// |P A - L U|_F / |A|_F for the matrix that was factored. 2n^3 flops.
  ///
  /// - Throws: `shapeMismatch`.
  public func residual(of a: DenseMatrix<S>) throws(LinearAlgebraError) -> S.Real {
    guard a.shape == packed.shape else {
      throw .shapeMismatch(operation: "residual", left: a.shape, right: packed.shape)
    }
    let permuted = DenseMatrix(rows: a.rows, columns: a.columns) { a[permutation[$0], $1] }
    return try permuted.relativeDifference(from: try lower * upper)
  }
}

extension DenseMatrix {
  /// P A = L U. A singular matrix is factored too; solving with it throws. 2n^3/3 flops.
  ///
  /// - Throws: `invalidArgument` when A is not square, `notFinite` for NaN or infinity in A.
  public func lu() throws(LinearAlgebraError) -> LUFactorization<S> {
    try requireSquare("an LU factorization")
    let a = columnMajor()
    try a.requireFinite()
    let n = rows
    var packed = a.storage
    var exchanges = [Int32](repeating: 0, count: n)
    if n > 0 {
      let info = packed.withUnsafeMutableBufferPointer { packed in
        exchanges.withUnsafeMutableBufferPointer {
          S.getrf(n, n, packed.baseAddress!, n, $0.baseAddress!)
        }
      }
      // A positive info, a zero pivot, is found again on the diagonal.
      guard info >= 0 else { throw lapackFailure(info, "LU", workspaceBytes: byteCount) }
    }
    return LUFactorization(
      packed: DenseMatrix(unchecked: n, n, order: .columnMajor, packed), exchanges: exchanges)
  }
}

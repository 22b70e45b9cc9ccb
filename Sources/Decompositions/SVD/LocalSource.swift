// A matrix on the driver as the source of a truncated SVD, and the front doors of such matrices.

import TesseraDistributedMatrices
public import TesseraLocalMatrices

struct LocalSource<S: Scalar>: SVDSource {
  let matrix: LocalMatrix<S>

  var shape: Shape { matrix.shape }
  var storedCount: Int { matrix.storedCount }
  var tileCount: Int { 1 }
  var traffic: SlabTraffic? { SlabTraffic.none }
  var access: SVDPlan.Access {
    if case .sparse = matrix { .elements(isSparse: true) } else { .elements(isSparse: false) }
  }

  init(_ matrix: LocalMatrix<S>) { self.matrix = matrix }

  func apply(_ x: [S]) async throws -> RangeVector<S> { RangeVector(onDriver: try matrix * x) }
  func applyAdjoint(_ y: RangeVector<S>) async throws -> [S] {
    try matrix.adjoint() * (try await y.collect())
  }

  func applyGram(_ x: [S]) async throws -> [S] {
    var y = [S](repeating: 0, count: x.count)
    matrix.addGramProduct(x, width: 1, to: &y)
    return y
  }

  func applyGram(_ x: DenseMatrix<S>) async throws -> DenseMatrix<S> {
    var y = [S](repeating: 0, count: x.rows * x.columns)
    matrix.addGramProduct(x.elements(in: .rowMajor), width: x.columns, to: &y)
    return try DenseMatrix(rows: x.rows, columns: x.columns, order: .rowMajor, elements: y)
  }

  func magnitudes() async throws -> (largest: S.Real, frobenius: S.Real) {
    let summary = matrix.summary()
    if let (row, column) = summary.firstNotFinite {
      throw LinearAlgebraError.notFinite(row: row, column: column)
    }
    return (summary.largest, summary.frobenius)
  }

  func scaled(by factor: S) async throws -> LocalSource { LocalSource(factor * matrix) }
  func flipped() async throws -> LocalSource { LocalSource(matrix.adjoint()) }

  func gram() async throws -> DenseMatrix<S> {
    DenseMatrix(packedHermitian: try matrix.packedGram(), order: matrix.columns)
  }

  func triangle(of x: DenseMatrix<S>?) async throws -> DenseMatrix<S> {
    let product = if let x { try matrix * .dense(x) } else { matrix }
    return try product.dense().triangularFactor()
  }

  func wholeMatrix() async throws -> DenseMatrix<S> { try matrix.dense() }

  func factors(ofImageOf x: DenseMatrix<S>) async throws -> (q: DenseMatrix<S>, r: DenseMatrix<S>) {
    let factors = try (try matrix * .dense(x)).dense().qr()
    return (factors.q, factors.r)
  }

  func adjoint(times q: DenseMatrix<S>) async throws -> DenseMatrix<S> {
    try (try matrix.adjoint() * .dense(q)).dense()
  }

  func orthogonality(of q: DenseMatrix<S>) async throws -> S.Real { try q.orthonormalityDefect() }
  func onDriver(_ q: DenseMatrix<S>) async throws -> DenseMatrix<S> { q }
  func beside(_ q: DenseMatrix<S>) async throws -> DenseMatrix<S> { q }
}

extension LocalMatrix {
  fileprivate static func * (a: LocalMatrix, x: [S]) throws -> [S] {
    switch a {
    case .dense(let a): try a * x
    case .sparse(let a): try a * x
    }
  }
}

extension DenseMatrix {
  /// |I - A^H A|_F. 2mn^2 flops.
  func orthonormalityDefect() throws(LinearAlgebraError) -> S.Real {
    try (adjoint() * self - DenseMatrix(identity: columns)).norm()
  }
}

extension DenseMatrix {
  /// The `count` largest singular values of this m x n matrix of the driver's, and their vectors: as
  /// `RowMatrix.svd`, with the left vectors, m x r, on the driver.
  ///
  /// Passes and memory are those of `SVDPlan`, which `auto` chooses by; nothing moves. For all of them `svd()`,
  /// which is LAPACK's, does the same.
  ///
  /// - Parameters:
  ///   - count: how many; more than min(m, n) asks for all.
  ///   - method: how.
  ///   - tolerance: the relative accuracy; by default 1e-10, or 10 ulp in single precision.
  ///   - seed: of Lanczos's first vector, or of the random block.
  ///   - passes: how often `randomized` may read the matrix.
  ///   - leftVectors: whether to compute U.
  ///   - progress: called with the number of passes so far.
  /// - Returns: the triplets that converged, with their residuals.
  /// - Throws: `LinearAlgebraError`, as `RowMatrix.svd`.
  public func svd(
    count: Int, method: SVDMethod = .auto, tolerance: S.Real? = nil, seed: UInt64 = 0, passes: Int = 100,
    leftVectors: Bool = false, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> LocalSVD<S> {
    try await SVDRequest(
      count: count, method: method, tolerance: tolerance, seed: seed, passLimit: passes,
      leftVectors: leftVectors, progress: progress
    ).run(LocalSource(.dense(self)))
  }
}

extension SparseMatrix {
  /// The `count` largest singular values of this m x n matrix of the driver's, and their vectors: as
  /// `DenseMatrix.svd(count:)`. The matrix stays sparse, but for `tsqr` and `dense`.
  ///
  /// - Throws: `LinearAlgebraError`, as `RowMatrix.svd`.
  public func svd(
    count: Int, method: SVDMethod = .auto, tolerance: S.Real? = nil, seed: UInt64 = 0, passes: Int = 100,
    leftVectors: Bool = false, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> LocalSVD<S> {
    try await SVDRequest(
      count: count, method: method, tolerance: tolerance, seed: seed, passLimit: passes,
      leftVectors: leftVectors, progress: progress
    ).run(LocalSource(.sparse(self)))
  }
}

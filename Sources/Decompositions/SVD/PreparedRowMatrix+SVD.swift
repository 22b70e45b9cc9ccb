// A prepared row matrix as the source of a truncated SVD. What is seldom asked for, all elements or another cut, goes by
// way of the row matrix.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import TesseraPartitioning

extension PreparedRowMatrix: SVDSource {
  typealias Left = RowMatrix<S>

  var traffic: SlabTraffic? { slabTraffic }
  var tileCount: Int { partitioning.tileCount }
  var access: SVDPlan.Access {
    .elements(isSparse: Double(storedCount) < 0.5 * Double(rows) * Double(columns))
  }

  func flipped() async throws -> PreparedRowMatrix { try await rowMatrix().flipped().prepared() }

  func wholeMatrix() async throws -> DenseMatrix<S> { try await rowMatrix().wholeMatrix() }

  func factors(ofImageOf x: DenseMatrix<S>) async throws -> (q: RowMatrix<S>, r: DenseMatrix<S>) {
    try await multiplied(by: x).orthogonalFactors()
  }

  func orthogonality(of q: RowMatrix<S>) async throws -> S.Real {
    try await (q.gram() - DenseMatrix(identity: q.columns)).norm()
  }

  func onDriver(_ q: RowMatrix<S>) async throws -> DenseMatrix<S> { try await q.collect().dense() }

  func beside(_ q: DenseMatrix<S>) async throws -> RowMatrix<S> { try await rowMatrix().beside(q) }

  /// The `count` largest singular values and their vectors, as `RowMatrix.svd` finds them, without a second copy of the
  /// matrix, unless it is wide, or its Gram matrix or its own triangle is asked for.
  ///
  /// - Throws: as `RowMatrix.svd` does.
  public func svd(
    count: Int, method: SVDMethod = .auto, tolerance: S.Real? = nil, seed: UInt64 = 0,
    passes: Int = 100, leftVectors: Bool = false, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> TruncatedSVD<S> {
    try await SVDRequest(
      count: count, method: method, tolerance: tolerance, seed: seed, passLimit: passes,
      leftVectors: leftVectors, progress: progress
    ).run(self)
  }
}

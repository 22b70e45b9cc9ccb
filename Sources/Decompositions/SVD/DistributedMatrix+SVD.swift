// The truncated SVD of block and coordinate matrices: that of their rows.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices

extension DistributedMatrix where Self: LinearOperator {
  /// The `count` largest singular values and their vectors; see `RowMatrix.svd`. The matrix is redistributed by
  /// rows first: each stored element moves at most once.
  ///
  /// - Throws: as `RowMatrix.svd`.
  public func svd(
    count: Int, method: SVDMethod = .auto, tolerance: Element.Real? = nil, seed: UInt64 = 0,
    passes: Int = 100, leftVectors: Bool = false, progress: (@Sendable (Int) -> Void)? = nil
  ) async throws -> TruncatedSVD<Element> {
    try await rowMatrix().svd(
      count: count, method: method, tolerance: tolerance, seed: seed, passes: passes,
      leftVectors: leftVectors, progress: progress)
  }
}

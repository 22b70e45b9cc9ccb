// C + A B: the partial results go to where the tiles of C lie, if C is cut as the product is, and are added
// there; nothing else moves. A C that is cut otherwise stays where it is too, and the product is
// redistributed.

import TesseraLocalMatrices

extension RowMatrix {
  /// C + A B for this matrix C, cut and owned as C is.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` before anything starts, `PlanError`, `ExecutionError`.
  public func adding(
    _ a: some ProductFactor<S>, times b: some ProductFactor<S>, _ options: MultiplyOptions = .init()
  ) async throws -> RowMatrix {
    try await accumulated(self, a, b, options)
  }
}

extension BlockMatrix {
  /// C + A B for this matrix C, cut and owned as C is.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` before anything starts, `PlanError`, `ExecutionError`.
  public func adding(
    _ a: some ProductFactor<S>, times b: some ProductFactor<S>, _ options: MultiplyOptions = .init()
  ) async throws -> BlockMatrix {
    try await accumulated(self, a, b, options)
  }
}

private func accumulated<C: DistributedMatrix & ProductResult, A: ProductFactor, B: ProductFactor>(
  _ c: C, _ a: A, _ b: B, _ options: MultiplyOptions
) async throws -> C
where C.Element == A.Element, C.Element == B.Element, C.Content == LocalMatrix<C.Element> {
  let (left, right) = (a.productOperand, b.productOperand)
  guard c.shape == Shape(left.shape.rows, right.shape.columns) else {
    throw LinearAlgebraError.shapeMismatch(
      operation: "accumulation", left: c.shape, right: Shape(left.shape.rows, right.shape.columns))
  }
  var options = options
  if c.layout.view == .plain { options.accumulated = (c.partitioning, c.ownership) }
  let product = try await C.planned(left, right, on: c.cluster, options).run()
  return try await c.adding(product)
}

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
    try await accumulated(self, a, b, options) { try await adding($0) }
  }
}

extension BlockMatrix {
  /// C + A B for this matrix C, cut and owned as C is.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` before anything starts, `PlanError`, `ExecutionError`.
  public func adding(
    _ a: some ProductFactor<S>, times b: some ProductFactor<S>, _ options: MultiplyOptions = .init()
  ) async throws -> BlockMatrix {
    try await accumulated(self, a, b, options) { try await adding($0) }
  }
}

extension CoordinateMatrix {
  /// C + A B for this matrix C, in C's grid; entries in chunks are sorted into one first.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` before anything starts, `PlanError`, `ExecutionError`.
  public func adding(
    _ a: some ProductFactor<S>, times b: some ProductFactor<S>, _ options: MultiplyOptions = .init()
  ) async throws -> CoordinateMatrix {
    try await accumulated(self, a, b, options) { try await adding($0) }
  }
}

extension DenseMatrix {
  /// C + A B on the driver, for this matrix C; one of A and B is distributed, or both.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` before anything starts, `PlanError`, `ExecutionError`.
  public func adding<A: ProductFactor<S>, B: ProductFactor<S>>(
    _ a: A, times b: B, _ options: MultiplyOptions = .init()
  ) async throws -> DenseMatrix {
    try checkAccumulation(shape, a, b)
    let plan: PlannedProduct<DenseMatrix> = try await plannedProduct(a, b, options)
    return try self + (try await plan.run())
  }
}

private func accumulated<C: DistributedMatrix & ProductResult>(
  _ c: C, _ a: some ProductFactor<C.Element>, _ b: some ProductFactor<C.Element>, _ options: MultiplyOptions,
  _ adding: (C) async throws -> C
) async throws -> C {
  try checkAccumulation(c.shape, a, b)
  try checkSameCluster(c.cluster, a.productOperand.cluster)
  try checkSameCluster(c.cluster, b.productOperand.cluster)
  var options = options
  if c.layout.view == .plain, c.layout.layers == 1 { options.accumulated = (c.partitioning, c.ownership) }
  let product = try await C.planned(a.productOperand, b.productOperand, on: c.cluster, options).run()
  return try await adding(product)
}

/// - Throws: `shapeMismatch` unless A B can be added to a matrix of shape `c`.
private func checkAccumulation(_ c: Shape, _ a: some ProductFactor, _ b: some ProductFactor)
  throws(LinearAlgebraError)
{
  let (left, right) = (a.productOperand.shape, b.productOperand.shape)
  guard left.columns == right.rows else {
    throw .shapeMismatch(operation: "product", left: left, right: right)
  }
  let product = Shape(left.rows, right.columns)
  guard c == product else { throw .shapeMismatch(operation: "accumulation", left: c, right: product) }
}

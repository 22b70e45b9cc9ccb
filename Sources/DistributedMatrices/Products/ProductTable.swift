// Every product of two of the five types and what it is:
//
//   left \ right   Coordinate   Row          Block   LocalDense   LocalSparse
//   Coordinate     Coordinate   Row          Block   Row          Coordinate
//   Row            Row          Row          Row     Row          Row
//   Block          Block        Block        Block   Block        Block
//   LocalDense     Block        LocalDense   Block   LocalDense   LocalDense
//   LocalSparse    Coordinate   Row          Block   LocalDense   LocalSparse
//
// `plan(a, times: b)` plans and does not begin; `a * b` plans and multiplies. The four products of two
// matrices of the driver's are the local kernels' own. Each throws `LinearAlgebraError.shapeMismatch` before
// anything starts, `PlanError` for what does not fit, and `ExecutionError`.
//
// A place where a sparse factor stores nothing is not multiplied: 0 * NaN is NaN of a dense factor's zero and of a
// stored one, and is not formed where a zero is not stored. So whether a product of such numbers holds NaN can depend
// on the types of its factors; of finite ones it does not.

public import TesseraLocalMatrices

// MARK: planned

/// Plans Coordinate x Coordinate, a `CoordinateMatrix`.
public func plan<S: Scalar>(
  _ a: CoordinateMatrix<S>, times b: CoordinateMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<CoordinateMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans Coordinate x Row, a `RowMatrix`.
public func plan<S: Scalar>(
  _ a: CoordinateMatrix<S>, times b: RowMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<RowMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans Coordinate x Block, a `BlockMatrix`.
public func plan<S: Scalar>(
  _ a: CoordinateMatrix<S>, times b: BlockMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<BlockMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans Coordinate x LocalDense, a `RowMatrix`.
public func plan<S: Scalar>(
  _ a: CoordinateMatrix<S>, times b: DenseMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<RowMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans Coordinate x LocalSparse, a `CoordinateMatrix`.
public func plan<S: Scalar>(
  _ a: CoordinateMatrix<S>, times b: SparseMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<CoordinateMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans Row x Coordinate, a `RowMatrix`.
public func plan<S: Scalar>(
  _ a: RowMatrix<S>, times b: CoordinateMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<RowMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans Row x Row, a `RowMatrix`.
public func plan<S: Scalar>(_ a: RowMatrix<S>, times b: RowMatrix<S>, _ options: MultiplyOptions = .init())
  async throws -> PlannedProduct<RowMatrix<S>>
{ try await plannedProduct(a, b, options) }
/// Plans Row x Block, a `RowMatrix`.
public func plan<S: Scalar>(_ a: RowMatrix<S>, times b: BlockMatrix<S>, _ options: MultiplyOptions = .init())
  async throws -> PlannedProduct<RowMatrix<S>>
{ try await plannedProduct(a, b, options) }
/// Plans Row x LocalDense, a `RowMatrix`.
public func plan<S: Scalar>(_ a: RowMatrix<S>, times b: DenseMatrix<S>, _ options: MultiplyOptions = .init())
  async throws -> PlannedProduct<RowMatrix<S>>
{ try await plannedProduct(a, b, options) }
/// Plans Row x LocalSparse, a `RowMatrix`.
public func plan<S: Scalar>(_ a: RowMatrix<S>, times b: SparseMatrix<S>, _ options: MultiplyOptions = .init())
  async throws -> PlannedProduct<RowMatrix<S>>
{ try await plannedProduct(a, b, options) }
/// Plans Block x Coordinate, a `BlockMatrix`.
public func plan<S: Scalar>(
  _ a: BlockMatrix<S>, times b: CoordinateMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<BlockMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans Block x Row, a `BlockMatrix`.
public func plan<S: Scalar>(_ a: BlockMatrix<S>, times b: RowMatrix<S>, _ options: MultiplyOptions = .init())
  async throws -> PlannedProduct<BlockMatrix<S>>
{ try await plannedProduct(a, b, options) }
/// Plans Block x Block, a `BlockMatrix`.
public func plan<S: Scalar>(
  _ a: BlockMatrix<S>, times b: BlockMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<BlockMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans Block x LocalDense, a `BlockMatrix`.
public func plan<S: Scalar>(
  _ a: BlockMatrix<S>, times b: DenseMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<BlockMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans Block x LocalSparse, a `BlockMatrix`.
public func plan<S: Scalar>(
  _ a: BlockMatrix<S>, times b: SparseMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<BlockMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans LocalDense x Coordinate, a `BlockMatrix`.
public func plan<S: Scalar>(
  _ a: DenseMatrix<S>, times b: CoordinateMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<BlockMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans LocalDense x Row, a `DenseMatrix`.
public func plan<S: Scalar>(_ a: DenseMatrix<S>, times b: RowMatrix<S>, _ options: MultiplyOptions = .init())
  async throws -> PlannedProduct<DenseMatrix<S>>
{ try await plannedProduct(a, b, options) }
/// Plans LocalDense x Block, a `BlockMatrix`.
public func plan<S: Scalar>(
  _ a: DenseMatrix<S>, times b: BlockMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<BlockMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans LocalSparse x Coordinate, a `CoordinateMatrix`.
public func plan<S: Scalar>(
  _ a: SparseMatrix<S>, times b: CoordinateMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<CoordinateMatrix<S>> { try await plannedProduct(a, b, options) }
/// Plans LocalSparse x Row, a `RowMatrix`.
public func plan<S: Scalar>(_ a: SparseMatrix<S>, times b: RowMatrix<S>, _ options: MultiplyOptions = .init())
  async throws -> PlannedProduct<RowMatrix<S>>
{ try await plannedProduct(a, b, options) }
/// Plans LocalSparse x Block, a `BlockMatrix`.
public func plan<S: Scalar>(
  _ a: SparseMatrix<S>, times b: BlockMatrix<S>, _ options: MultiplyOptions = .init()
) async throws -> PlannedProduct<BlockMatrix<S>> { try await plannedProduct(a, b, options) }

// MARK: multiplied

/// Coordinate x Coordinate is Coordinate.
public func * <S: Scalar>(a: CoordinateMatrix<S>, b: CoordinateMatrix<S>) async throws -> CoordinateMatrix<S>
{ try await plannedProduct(a, b, .init()).run() }
/// Coordinate x Row is Row.
public func * <S: Scalar>(a: CoordinateMatrix<S>, b: RowMatrix<S>) async throws -> RowMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Coordinate x Block is Block.
public func * <S: Scalar>(a: CoordinateMatrix<S>, b: BlockMatrix<S>) async throws -> BlockMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Coordinate x LocalDense is Row.
public func * <S: Scalar>(a: CoordinateMatrix<S>, b: DenseMatrix<S>) async throws -> RowMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Coordinate x LocalSparse is Coordinate.
public func * <S: Scalar>(a: CoordinateMatrix<S>, b: SparseMatrix<S>) async throws -> CoordinateMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Row x Coordinate is Row.
public func * <S: Scalar>(a: RowMatrix<S>, b: CoordinateMatrix<S>) async throws -> RowMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Row x Row is Row.
public func * <S: Scalar>(a: RowMatrix<S>, b: RowMatrix<S>) async throws -> RowMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Row x Block is Row.
public func * <S: Scalar>(a: RowMatrix<S>, b: BlockMatrix<S>) async throws -> RowMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Row x LocalDense is Row.
public func * <S: Scalar>(a: RowMatrix<S>, b: DenseMatrix<S>) async throws -> RowMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Row x LocalSparse is Row.
public func * <S: Scalar>(a: RowMatrix<S>, b: SparseMatrix<S>) async throws -> RowMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Block x Coordinate is Block.
public func * <S: Scalar>(a: BlockMatrix<S>, b: CoordinateMatrix<S>) async throws -> BlockMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Block x Row is Block.
public func * <S: Scalar>(a: BlockMatrix<S>, b: RowMatrix<S>) async throws -> BlockMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Block x Block is Block.
public func * <S: Scalar>(a: BlockMatrix<S>, b: BlockMatrix<S>) async throws -> BlockMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Block x LocalDense is Block.
public func * <S: Scalar>(a: BlockMatrix<S>, b: DenseMatrix<S>) async throws -> BlockMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// Block x LocalSparse is Block.
public func * <S: Scalar>(a: BlockMatrix<S>, b: SparseMatrix<S>) async throws -> BlockMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// LocalDense x Coordinate is Block.
public func * <S: Scalar>(a: DenseMatrix<S>, b: CoordinateMatrix<S>) async throws -> BlockMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// LocalDense x Row is LocalDense.
public func * <S: Scalar>(a: DenseMatrix<S>, b: RowMatrix<S>) async throws -> DenseMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// LocalDense x Block is Block.
public func * <S: Scalar>(a: DenseMatrix<S>, b: BlockMatrix<S>) async throws -> BlockMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// LocalSparse x Coordinate is Coordinate.
public func * <S: Scalar>(a: SparseMatrix<S>, b: CoordinateMatrix<S>) async throws -> CoordinateMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// LocalSparse x Row is Row.
public func * <S: Scalar>(a: SparseMatrix<S>, b: RowMatrix<S>) async throws -> RowMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}
/// LocalSparse x Block is Block.
public func * <S: Scalar>(a: SparseMatrix<S>, b: BlockMatrix<S>) async throws -> BlockMatrix<S> {
  try await plannedProduct(a, b, .init()).run()
}

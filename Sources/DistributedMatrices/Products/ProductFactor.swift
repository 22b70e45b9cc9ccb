// What the five types have in common as operands and as results of products, and the one front door.

import TesseraCommunication
public import TesseraExecution
public import TesseraLocalMatrices
import TesseraPartitioning

/// A matrix that can be a factor of a product: any of the five types.
public protocol ProductFactor<Element>: Sendable {
  /// The scalar.
  associatedtype Element: Scalar
  /// The matrix as a product sees it.
  var productOperand: ProductOperand<Element> { get }
}

/// A matrix that can be the result of a product: any of the five types.
public protocol ProductResult<Element>: Sendable {
  /// The scalar.
  associatedtype Element: Scalar
  /// What tiles the result has.
  static var productLayout: ResultLayout { get }
  /// Multiplies.
  ///
  /// - Throws: `ExecutionError`, `LinearAlgebraError.outOfMemory`.
  init(_ product: GridProduct<Element>) async throws
}

extension ProductResult {
  /// Plans A B for the type. Places where a sparse factor stores nothing are not multiplied, not with NaN or
  /// infinities either.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` before anything starts, `PlanError`, `ExecutionError`.
  public static func planned(
    _ a: ProductOperand<Element>, _ b: ProductOperand<Element>, on cluster: Cluster,
    _ options: MultiplyOptions
  ) async throws -> PlannedProduct<Self> {
    PlannedProduct(try await GridProduct(a, b, productLayout, on: cluster, options))
  }
}

/// A product whose plan is made, and that has not begun.
public struct PlannedProduct<Result: ProductResult>: Sendable {
  private let product: GridProduct<Result.Element>

  init(_ product: GridProduct<Result.Element>) { self.product = product }

  /// The plan, what it costs, and what it was preferred to.
  public var explanation: MultiplyExplanation { product.explanation }
  /// The plan.
  public var plan: MultiplyPlan { explanation.plan }

  /// The same product after operands without a place have gone where the plan wants them.
  ///
  /// - Throws: `ExecutionError`.
  public func placed() async throws -> PlannedProduct { PlannedProduct(try await product.placed()) }

  /// Multiplies as planned.
  ///
  /// - Throws: `ExecutionError`, `LinearAlgebraError.outOfMemory`.
  public func run() async throws -> Result { try await Result(product) }
}

/// Plans C = A B for a result of type `Result`.
///
/// - Throws: `LinearAlgebraError.shapeMismatch` before anything starts, `invalidArgument` for matrices of two
///   clusters; `PlanError` for a plan that cannot be used or a product that does not fit; `ExecutionError`.
func plannedProduct<A: ProductFactor, B: ProductFactor, Result: ProductResult>(
  _ a: A, _ b: B, _ options: MultiplyOptions
) async throws -> PlannedProduct<Result> where A.Element == B.Element, A.Element == Result.Element {
  let (left, right) = (a.productOperand, b.productOperand)
  guard left.shape.columns == right.shape.rows else {
    throw LinearAlgebraError.shapeMismatch(operation: "product", left: left.shape, right: right.shape)
  }
  try checkSameCluster(left.cluster, right.cluster)
  guard let cluster = left.cluster ?? right.cluster else {
    throw LinearAlgebraError.invalidArgument("a factor of a distributed product is distributed")
  }
  return try await Result.planned(left, right, on: cluster, options)
}

extension CoordinateMatrix: ProductFactor {
  /// The lists of entries.
  public var productOperand: ProductOperand<S> { ProductOperand(.entries(tiles), layout, on: cluster) }
}

extension RowMatrix: ProductFactor {
  /// The slabs.
  public var productOperand: ProductOperand<S> { ProductOperand(.matrices(tiles), layout, on: cluster) }
}

extension BlockMatrix: ProductFactor {
  /// The blocks.
  public var productOperand: ProductOperand<S> { ProductOperand(.matrices(tiles), layout, on: cluster) }
}

extension DenseMatrix: ProductFactor {
  /// One tile on the driver.
  public var productOperand: ProductOperand<S> { ProductOperand(.dense(self)) }
}

extension SparseMatrix: ProductFactor {
  /// One tile on the driver.
  public var productOperand: ProductOperand<S> { ProductOperand(.sparse(self)) }
}

extension CoordinateMatrix: ProductResult {
  /// Lists of entries by the units of a grid.
  public static var productLayout: ResultLayout { .entries }

  /// Multiplies.
  public init(_ product: GridProduct<S>) async throws {
    let tiles = try await product.entries()
    self.init(
      layout: Layout(product.partitioning), storedCount: try await tiles.storedCount(on: product.cluster),
      cluster: product.cluster, tiles: tiles)
  }
}

extension RowMatrix: ProductResult {
  /// Slabs.
  public static var productLayout: ResultLayout { .slabs }
}

extension BlockMatrix: ProductResult {
  /// Blocks.
  public static var productLayout: ResultLayout { .blocks }
}

extension ProductResult where Self: DistributedMatrix, Content == LocalMatrix<Element> {
  /// Multiplies.
  public init(_ product: GridProduct<Element>) async throws {
    let tiles = try await product.matrices()
    self.init(
      layout: Layout(product.partitioning), storedCount: try await product.storedCount(of: tiles),
      cluster: product.cluster, tiles: tiles)
  }
}

extension DenseMatrix: ProductResult {
  /// One matrix on the driver.
  public static var productLayout: ResultLayout { .driver }

  /// Multiplies and gathers.
  ///
  /// - Throws: `LinearAlgebraError.outOfMemory` before it begins where the result does not fit the driver's memory.
  public init(_ product: GridProduct<S>) async throws {
    let grid = product.partitioning
    try MemoryGuard.check(
      "a product of \(Shape(grid.rows, grid.columns)) on the driver", grid.rows, grid.columns,
      bytesPerElement: MemoryLayout<S>.stride)
    self = try await product.collected().dense()
  }
}

extension GridProduct {
  /// The whole result, which is the driver's: sparse where its tiles are.
  ///
  /// - Throws: `ExecutionError`.
  func collected() async throws -> LocalMatrix<S> {
    let grid = partitioning
    let tiles = try await cluster.engine.collect(try await matrices())
    return try LocalMatrix.assembled(
      rows: grid.rows, columns: grid.columns,
      tiles.enumerated().map { t, tile in
        PlacedPart(
          row: grid.rows(ofTile: t).lowerBound, column: grid.columns(ofTile: t).lowerBound, tile)
      })
  }

  /// How many elements tiles of the result store. One step, where the result may be sparse.
  ///
  /// - Throws: `ExecutionError`.
  func storedCount(of tiles: TileCollection<LocalMatrix<S>>) async throws -> Int {
    isDense
      ? partitioning.rows * partitioning.columns : try await tiles.storedCount(on: cluster)
  }
}

// The front door of triangular solves: T a triangle of a distributed matrix, right sides on the driver or
// distributed.

public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import TesseraPartitioning

/// A triangle of a square matrix. What the matrix holds beyond its diagonal is not read.
public struct TriangularPart: Sendable, Hashable {
  /// Which half of the matrix it is.
  public enum Half: Sendable, Hashable { case lower, upper }
  /// Which half of the matrix it is.
  public var half: Half
  /// Whether its diagonal is ones, whatever the matrix holds there.
  public var hasUnitDiagonal: Bool
  /// Whether its conjugate transpose is meant.
  public var isAdjoint: Bool

  /// The given triangle.
  public init(_ half: Half, hasUnitDiagonal: Bool = false, isAdjoint: Bool = false) {
    self.half = half
    self.hasUnitDiagonal = hasUnitDiagonal
    self.isAdjoint = isAdjoint
  }

  var view: TriangleView {
    TriangleView(
      isUpper: half == .upper, hasUnitDiagonal: hasUnitDiagonal, operation: isAdjoint ? .adjoint : .identity)
  }
}

extension BlockMatrix {
  /// X with T X = B, or T^H X = B, for a triangle T of this square matrix of order n and p right sides in any of the
  /// distributed types.
  ///
  /// n^2 p flops; one pass over the triangle. Four engine steps for each row of tiles; words: see
  /// `TriangularSweep`. Tiles that are not square along the diagonal are cut anew first.
  ///
  /// - Parameters:
  ///   - triangle: which half, and how it is read.
  ///   - blockSize: of the tiles; by default what the order says. A matrix in square tiles keeps them.
  /// - Returns: X in blocks cut as the triangle's rows are.
  /// - Throws: `LinearAlgebraError.shapeMismatch` unless B has n rows, before anything starts, `invalidArgument`
  ///   unless the matrix is square, `notFinite` with row and column, `singular` with a zero on the diagonal,
  ///   `ExecutionError`.
  public func solve(
    _ triangle: TriangularPart, _ b: some DistributedMatrix<S>, blockSize: Int? = nil
  ) async throws -> BlockMatrix {
    guard b.rows == rows else {
      throw LinearAlgebraError.shapeMismatch(operation: "solve", left: shape, right: b.shape)
    }
    let isCut = blockSize == nil && layout.view == .plain && layout.grid.rowCuts == layout.grid.columnCuts
    let blocks: BlockMatrix
    if isCut {
      blocks = self
      try await requireFinite()
    } else {
      blocks = try await squareTiles(blockSize, for: "a triangular solve")
    }
    let t = try await CellMatrix(blocks, triangle: triangle.view)
    return try await t.solvingTriangle(triangle.view, t.rightSides(b)).blocks()
  }

  /// The same for right sides, and solutions, on the driver.
  ///
  /// - Throws: as for distributed ones.
  public func solve(_ triangle: TriangularPart, _ b: DenseMatrix<S>, blockSize: Int? = nil) async throws
    -> DenseMatrix<S>
  {
    guard b.rows == rows else {
      throw LinearAlgebraError.shapeMismatch(operation: "solve", left: shape, right: b.shape)
    }
    let spread = try await BlockMatrix(.dense(b), on: cluster)
    return try await solve(triangle, spread, blockSize: blockSize).collect().dense()
  }
}

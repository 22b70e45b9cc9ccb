// A = L L^H, A Hermitian positive definite of order n in t x t tiles of b x b, of which the lower ones are kept. For
// every tile column k:
//
//   L_kk L_kk^H = A_kk                          on the driver, which so learns where A is not definite
//   L_ik = A_ik L_kk^-H         i > k           on the workers
//   A_ij := A_ij - L_ik L_jk^H  i >= j > k      on the workers
//
//   flops    n^3 / 3
//   words    a worker of p x q: n^2 / 2 (1/p + 1/q) of L, n b for the diagonal tiles
//   steps    4 of the engine for a tile column
//   memory   n^2 / 2 elements in all, and as many again for what is being updated; b^2 on the driver
//
// Source: Golub and Van Loan, Matrix Computations, 4.2.9; by tiles: Buttari, Langou, Kurzak, Dongarra, A Class of
// Parallel Tiled Linear Algebra Algorithms for Multicore Architectures, Parallel Computing 35, 2009.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import TesseraPartitioning

/// The Cholesky factorization A = L L^H of a distributed matrix of order n.
public struct BlockCholeskyFactorization<S: Scalar>: Sendable {
  private let factor: CellMatrix<S>

  /// The number of rows and columns.
  public var order: Int { factor.shape.rows }

  /// L, exact zeros above a positive diagonal. Nothing moves.
  ///
  /// - Throws: `ExecutionError`.
  public func lower() async throws -> BlockMatrix<S> {
    try await factor.blocks(TriangleView(isUpper: false))
  }

  /// X with A X = B for p right sides in any of the distributed types, in blocks cut as A was. 2 n^2 p flops, eight
  /// engine steps for each row of tiles; words: see `TriangularSweep`.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` unless B has n rows, `notFinite` with row and column,
  ///   `ExecutionError`.
  public func solve(_ b: some DistributedMatrix<S>) async throws -> BlockMatrix<S> {
    let y = try await factor.solvingTriangle(TriangleView(isUpper: false), factor.rightSides(b))
    return try await factor.solvingTriangle(TriangleView(isUpper: false, operation: .adjoint), y).blocks()
  }

  /// The same for right sides, and solutions, on the driver.
  ///
  /// - Throws: as for distributed ones.
  public func solve(_ b: DenseMatrix<S>) async throws -> DenseMatrix<S> {
    guard b.rows == order else {
      throw LinearAlgebraError.shapeMismatch(operation: "solve", left: factor.shape, right: b.shape)
    }
    return try await solve(try await BlockMatrix(.dense(b), on: factor.cluster)).collect().dense()
  }

  fileprivate init(of lower: CellMatrix<S>) async throws {
    var a = lower
    let cuts = a.grid.tiles.rowCuts
    for k in 0..<cuts.count {
      do {
        let lower = try await a.diagonalTile(k).adjoint().cholesky().lower.rowMajor()
        a = try await a.dividingColumn(k, byAdjointOf: lower)
      } catch LinearAlgebraError.notPositiveDefinite(let order) {
        throw LinearAlgebraError.notPositiveDefinite(order: cuts[k].lowerBound + order)
      } catch LinearAlgebraError.notFinite {
        throw LinearAlgebraError.invalidArgument(
          "Cholesky: the numbers are so large that intermediate ones overflow")
      }
      a = try await a.eliminatedBelow(k)
    }
    factor = a
  }
}

extension DistributedMatrix {
  /// A = L L^H of this Hermitian positive definite matrix of order n. Nothing of the size of A comes to the driver.
  ///
  /// n^3/3 flops, four engine steps for each column of tiles; words and memory: see `BlockCholeskyFactorization`.
  /// One pass before that to see whether A is finite and Hermitian, for which half of it moves.
  ///
  /// - Parameter blockSize: of the tiles; by default an eighth of the order, between 32 and 256. Results are the
  ///   same bits on any number of workers, and rounded otherwise with other tiles.
  /// - Throws: `LinearAlgebraError.notPositiveDefinite` with the order of the first leading minor that is not
  ///   positive, `invalidArgument` unless A is square, and Hermitian to rounding (|A - A^H| <= n u |A| in
  ///   the largest elements), or for a block size below one, `notFinite` with row and column, `ExecutionError`.
  public func cholesky(blockSize: Int? = nil) async throws -> BlockCholeskyFactorization<Element> {
    let blocks = try await squareTiles(blockSize, for: "a Cholesky factorization")
    let size = try await blocks.norm(.max)
    let (lower, defect) = try await CellMatrix.lowerTriangle(of: blocks)
    guard defect <= Element.Real(rows) * Element.unitRoundoff * size else {
      throw LinearAlgebraError.invalidArgument(
        "the matrix is not Hermitian: elements differ from their mirror images by up to \(defect / size) times the "
          + "largest")
    }
    return try await BlockCholeskyFactorization(of: lower)
  }
}

// P A = L U, A of order n in t x t tiles of b x b, L unit lower triangular, U upper triangular, by tournaments. For
// every tile column k:
//
//   the pivots of the panel A_ik, i >= k        a tournament up a tree of its tiles; its b rows to the driver
//   L_kk U_kk                                   of those rows, on the driver, which so learns where A is singular
//   the rows change places in tile columns j >= k
//   L_ik = A_ik U_kk^-1, U_kj = L_kk^-1 A_kj    i, j > k
//   A_ij := A_ij - L_ik U_kj                    i, j > k
//
// and at the end the rows change places in the columns that were done before, all at once: until then nobody reads them.
//
//   flops    2 n^3 / 3, and about n^2 b / 2 for the tournaments
//   words    a worker of p x q: n^2 / 2 (1/p + 1/q) of L and U, at most 3/2 n^2 / (p q) in rows that change places, 2 n b
//            for tournaments and diagonal tiles
//   steps    5 of the engine for a tile column, and two
//   memory   n^2 elements in all, and as many again for what is being updated; b^2 and n integers on the driver
//
// |l_ij| is not bounded by one, as with partial pivoting, but growth is as small in practice. Source: Grigori,
// Demmel, Xiang, CALU: A Communication Optimal LU Factorization Algorithm, SIAM J. Matrix Anal. Appl. 32, 2011.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices
import TesseraPartitioning

/// The LU factorization P A = L U of a distributed matrix of order n.
public struct BlockLUFactorization<S: Scalar>: Sendable {
  /// Row i of P A is row `permutation[i]` of A.
  public let permutation: [Int]
  /// U and, below its diagonal, L without its unit diagonal.
  private let factor: CellMatrix<S>

  /// The number of rows and columns.
  public var order: Int { permutation.count }

  /// L, unit diagonal, exact zeros above it. Nothing moves.
  ///
  /// - Throws: `ExecutionError`.
  public func lower() async throws -> BlockMatrix<S> {
    try await factor.blocks(TriangleView(isUpper: false, hasUnitDiagonal: true))
  }

  /// U, exact zeros below its diagonal. Nothing moves.
  ///
  /// - Throws: `ExecutionError`.
  public func upper() async throws -> BlockMatrix<S> {
    try await factor.blocks(TriangleView(isUpper: true))
  }

  /// X with A X = B, or A^H X = B, for p right sides in any of the distributed types, in blocks cut as A was. 2 n^2 p
  /// flops, eight engine steps for each row of tiles and two more; words: see `TriangularSweep`, and n p for
  /// the exchange of rows.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` unless B has n rows, `notFinite` with row and column,
  ///   `ExecutionError`.
  public func solve(_ b: some DistributedMatrix<S>, adjoint: Bool = false) async throws -> BlockMatrix<S> {
    let right = try await factor.rightSides(b)
    let columns = 0..<right.grid.tiles.columnCuts.count
    let places = permutation.indices.filter { permutation[$0] != $0 }
    let rows = places.map { permutation[$0] }
    var lower = TriangleView(isUpper: false, hasUnitDiagonal: true)
    var upper = TriangleView(isUpper: true)
    if adjoint {
      (lower.operation, upper.operation) = (.adjoint, .adjoint)
      let y = try await factor.solvingTriangle(upper, right)
      let z = try await factor.solvingTriangle(lower, y)
      return try await z.exchangingRows([.init(columns: columns, from: places, to: rows)]).blocks()
    }
    let permuted = try await right.exchangingRows([.init(columns: columns, from: rows, to: places)])
    let y = try await factor.solvingTriangle(lower, permuted)
    return try await factor.solvingTriangle(upper, y).blocks()
  }

  /// The same for right sides, and solutions, on the driver.
  ///
  /// - Throws: as for distributed ones.
  public func solve(_ b: DenseMatrix<S>, adjoint: Bool = false) async throws -> DenseMatrix<S> {
    guard b.rows == order else {
      throw LinearAlgebraError.shapeMismatch(operation: "solve", left: factor.shape, right: b.shape)
    }
    let spread = try await BlockMatrix(.dense(b), on: factor.cluster)
    return try await solve(spread, adjoint: adjoint).collect().dense()
  }

  fileprivate init(of blocks: BlockMatrix<S>) async throws {
    var a = try await CellMatrix(blocks)
    let cuts = a.grid.tiles.rowCuts
    var permutation = Array(0..<blocks.rows)
    // In the tile columns before, which nobody reads until the end.
    var later: [RowMoves] = []
    for k in 0..<cuts.count {
      let first = cuts[k].lowerBound
      let winners = try await a.pivots(ofColumn: k)
      let (order, packed) = try winners.matrix.packedFactors()
      // A subnormal pivot has no reciprocal to divide by.
      if let zero = packed.diagonal.firstIndex(where: { $0.modulus < S.Real.leastNormalMagnitude }) {
        throw LinearAlgebraError.singular(pivot: first + zero)
      }
      let exchanges = RowExchanges(bringing: order.map { winners.rows[$0] }, to: first)
      let (from, to) = exchanges.moves
      a = try await a.eliminated(k, from: from, to: to, with: packed)
      permutation = exchanges.applied(to: permutation)
      later.append(RowMoves(columns: 0..<k, from: from, to: to))
    }
    factor = try await a.exchangingRows(later)
    self.permutation = permutation
  }
}

extension DistributedMatrix {
  /// P A = L U of this square matrix of order n. Nothing of the size of A comes to the driver.
  ///
  /// 2n^3/3 flops, five engine steps for each column of tiles and two more; words and memory: see `BlockLUFactorization`.
  ///
  /// - Parameter blockSize: of the tiles; by default an eighth of the order, between 32 and 256. Results are the
  ///   same bits on any number of workers; with other tiles other pivots may be chosen.
  /// - Throws: `LinearAlgebraError.singular` with the column whose pivot vanishes, `invalidArgument` unless A is
  ///   square, for a block size below one, or when numbers overflow on the way, `notFinite` with row and column,
  ///   `ExecutionError`.
  public func lu(blockSize: Int? = nil) async throws -> BlockLUFactorization<Element> {
    try await BlockLUFactorization(of: try await squareTiles(blockSize, for: "an LU factorization"))
  }
}

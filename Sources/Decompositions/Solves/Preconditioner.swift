// M^-1 x for an M that resembles A and is easy to invert: what an iteration for A x = b is sped up by. Diagonal
// (Jacobi) and block diagonal; both live on the driver, where the vectors are. Source: Saad, Iterative Methods for
// Sparse Linear Systems, 10.2 and 12.2.

import Numerics
public import TesseraDistributedMatrices
public import TesseraLocalMatrices

/// An approximate inverse.
public protocol Preconditioner<Element>: Sendable {
  /// The scalar.
  associatedtype Element: Scalar
  /// The number of rows and columns.
  var order: Int { get }
  /// M^-1 x.
  ///
  /// - Precondition: x has `order` elements.
  /// - Throws: what the inverse has to throw.
  func applyInverse(_ x: [Element]) throws -> [Element]
}

/// The inverse of the diagonal: n numbers, n flops.
public struct DiagonalPreconditioner<S: Scalar>: Preconditioner {
  private let inverse: [S]

  /// Of the matrix with the given diagonal. Where that is zero, the identity stands in.
  public init(diagonal: [S]) { inverse = diagonal.map { $0 == 0 ? 1 as S : 1 / $0 } }

  /// Of a square matrix. One pass; n words to the driver.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` unless the matrix is square, `ExecutionError`.
  public init(of a: RowMatrix<S>) async throws {
    var diagonal = [S](repeating: 0, count: a.rows)
    try await a.diagonalBlocks(size: 1).forEach { i, _, value in diagonal[i] += value }
    self.init(diagonal: diagonal)
  }

  /// The number of rows and columns.
  public var order: Int { inverse.count }

  /// Every element divided by its diagonal element.
  public func applyInverse(_ x: [S]) -> [S] { zip(x, inverse).map { $0 * $1 } }
}

/// The inverses of the diagonal blocks of `size` rows each: n size numbers on the driver, 2 n size flops.
public struct BlockDiagonalPreconditioner<S: Scalar>: Preconditioner {
  private let size: Int
  private let factors: [LUFactorization<S>]
  /// The number of rows and columns.
  public let order: Int

  /// Of a square matrix, cut into blocks of `size` rows and a last one of what remains. One pass; at most
  /// n size words to the driver.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` unless the matrix is square, `singular` with the row of the
  ///   matrix where a block is, `invalidArgument` for a size below 1, `outOfMemory`, `ExecutionError`.
  public init(of a: RowMatrix<S>, size: Int) async throws {
    guard size >= 1 else { throw LinearAlgebraError.invalidArgument("blocks of \(size) rows were asked for") }
    order = a.rows
    self.size = size
    try MemoryGuard.check(
      "the diagonal blocks", a.rows, min(size, a.rows), bytesPerElement: 2 * MemoryLayout<S>.stride)
    var blocks = stride(from: 0, to: order, by: size).map { first in
      [S](repeating: 0, count: min(size, a.rows - first) * min(size, a.rows - first))
    }
    try await a.diagonalBlocks(size: size).forEach { i, j, value in
      let first = i / size * size
      blocks[i / size][(j - first) * min(size, a.rows - first) + i - first] += value
    }
    factors = try blocks.enumerated().map { number, elements in
      let n = min(size, a.rows - number * size)
      let factor = try DenseMatrix(rows: n, columns: n, elements: elements).lu()
      if let pivot = factor.singularPivot {
        throw LinearAlgebraError.singular(pivot: number * size + pivot)
      }
      return factor
    }
  }

  /// Every block's piece of x, solved for.
  ///
  /// - Throws: nothing in practice: singular blocks were refused.
  public func applyInverse(_ x: [S]) throws -> [S] {
    try factors.enumerated().flatMap { number, factor in
      try factor.solve(Array(x[number * size..<min(order, (number + 1) * size)]))
    }
  }
}

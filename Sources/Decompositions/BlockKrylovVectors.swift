// The k largest eigenvectors of H = A^H A by a restarted block Krylov iteration: from a random block X_0 of b = k + 10
// vectors the space [X_0, H X_0, ..., H^(d-1) X_0] is built orthonormally, the Ritz vectors of H in it are found, and
// the b largest begin the next cycle, until |H v - t v| <= tolerance t_1 for the k largest. Every application is one
// pass over A for b vectors at once: 2nb words per worker; 2n b d numbers and about 6 n (b d)^2 flops a cycle on the
// driver. One cycle of d passes is within (1 + O(log(n) / d)^2) of the best approximation of rank k in the spectral
// norm, whatever the gaps. Unlike a single vector's, a block's space holds b copies of a repeated eigenvalue.
// Source: Musco and Musco, Randomized Block Krylov Methods for Stronger and Faster Approximate SVD, NIPS 2015;
// restarts: Golub and Underwood, The Block Lanczos Method for Computing Eigenvalues, 1977.

import Numerics
import TesseraDistributedMatrices
import TesseraLocalMatrices

struct BlockKrylovVectors<S: Scalar> {
  /// The vectors, n x k, orthonormal, whether they have converged or not.
  private(set) var vectors: DenseMatrix<S>
  /// How often A was read.
  private(set) var passes = 0

  /// Blocks in a cycle's space.
  static var depth: Int { 4 }

  /// Vectors in a block: more than asked for, because the last ones converge slowly; all n where the space could
  /// not hold a second block, which it needs to move on.
  static func block(order n: Int, count: Int) -> Int { 2 * (count + 10) <= n ? count + 10 : n }

  /// - Precondition: `1 <= count <= n`, the operator's columns.
  init(
    ofGramOf a: some LinearOperator<S>, count: Int, tolerance: S.Real, seed: UInt64, passLimit: Int,
    progress: ((Int) -> Void)?
  ) async throws {
    let n = a.shape.columns
    let width = Self.block(order: n, count: count)
    let random = CounterBasedRandom(seed: seed)
    var block = try DenseMatrix<S>(
      rows: n, columns: width,
      elements: (0..<width).flatMap { random.symmetricVector(count: n, stream: UInt64($0)) as [S] }
    ).qr().q
    vectors = block.prefix(count)
    while passes < passLimit {
      var basis = block
      var image = DenseMatrix<S>(zeros: n, 0)
      for step in 1...max(1, min(Self.depth, n / width, passLimit - passes)) {
        if step > 1 {
          let start = image.columns - width
          block = try Self.complement(image[0..<n, start..<image.columns], of: basis)
          basis = try basis.joined(with: block)
        }
        image = try image.joined(with: try await a.applyGram(block))
        passes += 1
        progress?(passes)
      }
      // Rayleigh and Ritz; rounding leaves Q^H H Q not quite Hermitian, and the upper triangle decides.
      let eigen = try (basis.adjoint() * image).symmetricEigen()
      let order = eigen.eigenvalues.count
      let largest = eigen.eigenvectors.selectingColumns((order - width..<order).reversed())
      block = try basis * largest
      vectors = block.prefix(count)
      let values = eigen.eigenvalues.suffix(width).reversed().map { $0 }
      let residual = try image * largest - block.scalingColumns(by: values.map { S(real: $0) })
      let limit = max(tolerance, S.Real(n) * S.Real.ulpOfOne) * max(0, values[0])
      if (0..<count).allSatisfy({ norm(residual.column($0)) <= limit }) { break }
      // Ritz vectors lose their orthogonality slowly, cycle by cycle.
      block = try block.qr().q
    }
    vectors = try vectors.qr().q
  }

  /// An orthonormal basis of the part of X outside the span of Q's columns; where X has no such part, of
  /// directions that are outside. Each sweep removes what the rounding of the one before has left.
  private static func complement(_ x: DenseMatrix<S>, of q: DenseMatrix<S>) throws -> DenseMatrix<S> {
    var x = x
    for _ in 0..<3 { x = try (x - q * (q.adjoint() * x)).qr().q }
    return x
  }
}

extension DenseMatrix {
  /// The first `count` columns.
  fileprivate func prefix(_ count: Int) -> DenseMatrix { selectingColumns(Array(0..<count)) }

  /// [A B].
  fileprivate func joined(with b: DenseMatrix) throws(LinearAlgebraError) -> DenseMatrix {
    try DenseMatrix(
      rows: rows, columns: columns + b.columns,
      elements: elements(in: .columnMajor) + b.elements(in: .columnMajor))
  }
}

// A P for the projector P = I - V V^H along orthonormal right singular vectors V, n x r, of A: what of A is
// left when they are known. Its Gram matrix is not drowned in the squares of their values: of a value s
// beside a largest s1 it shows the absolute error eps s1 that A itself has, and not sqrt(eps) s1. 16 n r
// flops beside each product. Source: Parlett, The Symmetric Eigenvalue Problem, 5.1.

import TesseraDistributedMatrices
import TesseraLocalMatrices

struct DeflatedOperator<A: LinearOperator>: LinearOperator {
  private let operand: A
  private let known: DenseMatrix<A.Element>
  private let adjoint: DenseMatrix<A.Element>

  /// - Parameter known: V.
  init(_ operand: A, outside known: DenseMatrix<A.Element>) {
    (self.operand, self.known, adjoint) = (operand, known, known.adjoint())
  }

  var shape: Shape { operand.shape }

  private func projected(_ x: [A.Element]) throws -> [A.Element] {
    var y = x
    // Once more, for what rounding has left.
    for _ in 0..<2 { axpy(-1, try known * (try adjoint * y), &y) }
    return y
  }

  func apply(_ x: [A.Element]) async throws -> RangeVector<A.Element> {
    try await operand.apply(try projected(x))
  }

  func applyAdjoint(_ y: RangeVector<A.Element>) async throws -> [A.Element] {
    try projected(try await operand.applyAdjoint(y))
  }

  func applyGram(_ x: [A.Element]) async throws -> [A.Element] {
    try projected(try await operand.applyGram(try projected(x)))
  }
}

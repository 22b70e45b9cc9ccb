// G = A^H A, n x n, for any distributed A: the grid product of A^H, which is A read through a view, with A.
// Only the units G_IJ with I <= J are computed and combined, at half the arithmetic and, where the sum over
// A's rows is what moves, half the words; the others are their adjoints, made where those are. Source of the
// bound: see `CommunicationBound.gram`.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// Plans A^H A, a `BlockMatrix`.
///
/// - Throws: `PlanError`, `ExecutionError`, `LinearAlgebraError.invalidArgument` for a matrix of the driver's.
public func plan<A: ProductFactor>(gramOf a: A, _ options: MultiplyOptions = .init()) async throws
  -> PlannedProduct<BlockMatrix<A.Element>>
{
  let operand = a.productOperand
  guard let cluster = operand.cluster else {
    throw LinearAlgebraError.invalidArgument("a distributed Gram matrix is of a distributed matrix")
  }
  return PlannedProduct(
    try await GridProduct(operand.adjoint(), operand, .blocks, on: cluster, options, isGram: true))
}

extension ProductOperand {
  /// The conjugate transpose, of the same tiles.
  func adjoint() -> ProductOperand {
    ProductOperand(source, layout.viewed(through: .adjoint), on: cluster)
  }
}

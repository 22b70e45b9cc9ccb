// Column sums of |A_i - Q_i R| and of |A_i| for a slab A_i of m_i x n, the rows Q_i beside it, m_i x k, and R
// that every worker has: what the 1-norms of A - Q R and of A are made of. 2 m_i n k flops; kn words to every
// worker and 2n from it.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum FactorResidualTask<S: Scalar>: ReduceTask {
  typealias Arguments = DenseMatrix<S>
  typealias Input = TilePair<LocalMatrix<S>, LocalMatrix<S>>
  static var name: String { scalarName("factor-residual", S.self) }

  static func run(_ r: DenseMatrix<S>, _ input: TilePair<LocalMatrix<S>, LocalMatrix<S>>, tile: Int) throws
    -> VectorTile<S.Real>
  {
    let product = try input.second.dense() * r
    let a = input.first
    let n = a.columns
    guard product.shape == a.shape else {
      throw CommunicationError.malformed(expected: "factors of \(a.shape), not \(product.shape)")
    }
    return VectorTile(columnSums(try a.dense() - product, n) + columnSums(a, n))
  }

  static func combine(_ left: inout VectorTile<S.Real>, _ right: VectorTile<S.Real>, _: DenseMatrix<S>) throws
  {
    try left.add(right)
  }

  private static func columnSums(_ a: LocalMatrix<S>, _ n: Int) -> [S.Real] {
    var sums = [S.Real](repeating: 0, count: n)
    a.forEach { _, j, value in sums[j] += value.modulus }
    return sums
  }

  private static func columnSums(_ a: DenseMatrix<S>, _ n: Int) -> [S.Real] { columnSums(.dense(a), n) }
}

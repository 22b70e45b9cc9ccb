// Q of a tall W = Q R in slabs, in two levels: every slab factors W_i = Q_i R_i; the stacked R_i, at most k
// rows from each slab, are factored once more on the driver, [R_1; R_2; ...] = P R; and Q's slab i is Q_i
// P_i. Every factor comes from Householder reflections, so Q is orthonormal to rounding whatever W's rank. T
// k^2 words for T slabs. Source: Demmel, Grigori, Hoemmen, Langou 2012, section 3.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// The factors of one slab.
struct FactoredSlab<S: Scalar>: Tile {
  let q: DenseMatrix<S>
  let r: DenseMatrix<S>

  static var typeName: String { scalarName("factored-slab", S.self) }

  init(q: DenseMatrix<S>, r: DenseMatrix<S>) {
    self.q = q
    self.r = r
  }

  func encode(to writer: inout WireWriter) {
    q.encode(to: &writer)
    r.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    q = try DenseMatrix(from: &reader)
    r = try DenseMatrix(from: &reader)
  }
}

/// W_i to Q_i and R_i.
enum FactorTask<S: Scalar>: MapTask {
  typealias Arguments = Empty
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("factor", S.self) }

  static func run(_: Empty, _ slab: LocalMatrix<S>, tile: Int) throws -> FactoredSlab<S> {
    let factors = try slab.dense().qr()
    return FactoredSlab(q: factors.q, r: factors.r)
  }
}

/// The triangle of a factored slab, to be collected.
enum SlabTriangleTask<S: Scalar>: MapTask {
  typealias Arguments = Empty
  typealias Input = FactoredSlab<S>
  static var name: String { scalarName("slab-triangle", S.self) }

  static func run(_: Empty, _ slab: FactoredSlab<S>, tile: Int) -> LocalMatrix<S> { .dense(slab.r) }
}

/// Q_i P_i, P_i the slab's rows of the driver's factor.
enum RecombineTask<S: Scalar>: MapTask {
  typealias Arguments = [DenseMatrix<S>]
  typealias Input = FactoredSlab<S>
  static var name: String { scalarName("recombine", S.self) }

  static func run(_ pieces: [DenseMatrix<S>], _ slab: FactoredSlab<S>, tile: Int) throws
    -> LocalMatrix<S>
  {
    guard pieces.indices.contains(tile) else {
      throw CommunicationError.malformed(expected: "a factor for tile \(tile)")
    }
    return .dense(try slab.q * pieces[tile])
  }
}

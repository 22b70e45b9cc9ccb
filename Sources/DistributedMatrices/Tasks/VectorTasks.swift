// Combinations, inner products and norms of range vectors, piece by piece. One word from every worker.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

/// alpha x + beta y.
enum VectorCombinationTask<S: Scalar>: MapTask {
  typealias Arguments = VectorTile<S>
  typealias Input = TilePair<VectorTile<S>, VectorTile<S>>
  static var name: String { scalarName("vector-combination", S.self) }

  static func run(_ factors: VectorTile<S>, _ input: TilePair<VectorTile<S>, VectorTile<S>>, tile: Int) throws
    -> VectorTile<S>
  {
    let (x, y) = (input.first.elements, input.second.elements)
    guard factors.elements.count == 2, x.count == y.count else {
      throw CommunicationError.malformed(expected: "two factors of two vectors")
    }
    let (alpha, beta) = (factors.elements[0], factors.elements[1])
    return VectorTile(x.indices.map { alpha * x[$0] + beta * y[$0] })
  }
}

/// x^H y.
enum VectorDotTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = TilePair<VectorTile<S>, VectorTile<S>>
  static var name: String { scalarName("vector-dot", S.self) }

  static func run(_: Empty, _ input: TilePair<VectorTile<S>, VectorTile<S>>, tile: Int) throws
    -> VectorTile<S>
  {
    guard input.first.elements.count == input.second.elements.count else {
      throw CommunicationError.malformed(expected: "vectors of one length")
    }
    return VectorTile([dot(input.first.elements, input.second.elements)])
  }

  static func combine(_ left: inout VectorTile<S>, _ right: VectorTile<S>, _: Empty) throws {
    try left.add(right)
  }
}

/// |x|.
enum VectorNormTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = VectorTile<S>
  static var name: String { scalarName("vector-norm", S.self) }

  static func run(_: Empty, _ x: VectorTile<S>, tile: Int) -> VectorTile<S.Real> {
    VectorTile([norm(x.elements)])
  }

  static func combine(_ left: inout VectorTile<S.Real>, _ right: VectorTile<S.Real>, _: Empty) throws {
    guard let a = left.elements.first, let b = right.elements.first else {
      throw CommunicationError.malformed(expected: "a norm")
    }
    left.elements = [hypotenuse(a, b)]
  }
}

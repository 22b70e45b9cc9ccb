// B_i = alpha A_i on every slab. Nothing moves but alpha.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum ScalingTask<S: Scalar>: MapTask {
  typealias Arguments = VectorTile<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("scaling", S.self) }

  static func run(_ alpha: VectorTile<S>, _ slab: LocalMatrix<S>, tile: Int) throws -> LocalMatrix<S> {
    guard let factor = alpha.elements.first else {
      throw CommunicationError.malformed(expected: "a factor")
    }
    return switch slab {
    case .dense(let a): .dense(factor * a)
    case .sparse(let a): .sparse(factor * a)
    }
  }
}

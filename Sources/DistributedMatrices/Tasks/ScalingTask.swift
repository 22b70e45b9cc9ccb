// B_i = alpha A_i on every slab. Nothing moves but alpha.

import TesseraExecution
import TesseraLocalMatrices

enum ScalingTask<S: Scalar>: MapTask {
  typealias Arguments = VectorTile<S>
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("scaling", S.self) }

  static func run(_ alpha: VectorTile<S>, _ slab: LocalMatrix<S>, tile: Int) -> LocalMatrix<S> {
    switch slab {
    case .dense(let a): .dense(alpha.elements[0] * a)
    case .sparse(let a): .sparse(alpha.elements[0] * a)
    }
  }
}

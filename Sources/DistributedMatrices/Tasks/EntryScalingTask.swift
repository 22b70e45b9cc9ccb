// alpha times every entry of a list. Nothing moves but alpha.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum EntryScalingTask<S: Scalar>: MapTask {
  typealias Arguments = VectorTile<S>
  typealias Input = TripletMatrix<S>
  static var name: String { scalarName("entry-scaling", S.self) }

  static func run(_ alpha: VectorTile<S>, _ list: TripletMatrix<S>, tile: Int) throws -> TripletMatrix<S> {
    guard let factor = alpha.elements.first else {
      throw CommunicationError.malformed(expected: "a factor")
    }
    let raw = list.isConjugated ? factor.conjugate : factor
    let scaled = TripletMatrix(
      unchecked: list.rows, list.columns, list.rowIndices, list.columnIndices,
      list.storage.map { raw * $0 })
    return list.isConjugated ? scaled.conjugated() : scaled
  }
}

// B = A^H, both in slabs of rows: slab i of A is cut by the column cuts that become B's row cuts, piece (i,
// j) goes to slab j of B, which stacks its pieces and takes the adjoint. Every stored element moves once.
// Slabs of B are dense or sparse by their own content, whatever those of A were.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices

enum AdjointTask<S: Scalar>: ExchangeTask {
  typealias Arguments = [Int]
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("adjoint", S.self) }

  static func split(_ bounds: [Int], _ slab: LocalMatrix<S>, tile: Int) throws -> [(
    target: Int, piece: LocalMatrix<S>
  )] {
    guard bounds.count >= 2, bounds[0] >= 0, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw CommunicationError.malformed(expected: "ascending bounds")
    }
    let byColumns =
      switch slab {
      case .dense(let a): LocalMatrix.dense(a.columnMajor())
      case .sparse(let a): LocalMatrix.sparse(a.compressed(by: .columns))
      }
    return try (0..<bounds.count - 1).map {
      ($0, try byColumns[0..<slab.rows, bounds[$0]..<bounds[$0 + 1]])
    }
  }

  static func merge(_ bounds: [Int], _ pieces: [LocalMatrix<S>], tile: Int) throws -> LocalMatrix<S> {
    try LocalMatrix.stackedSparsely(pieces).adjoint().byRows().compact()
  }
}

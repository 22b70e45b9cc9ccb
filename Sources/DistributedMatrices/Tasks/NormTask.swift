// Norms of a grid of tiles. Frobenius and max: one number from every worker. Column and row sums: one number
// from every worker where a tile has all of a column (row), else the sums of the columns (rows) reached. All in Double,
// whatever the scalar.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// Which norm, of which grid; columns and rows are those of the stored tiles.
struct NormArguments: WireCodable {
  let kind: MatrixNorm
  let grid: Partitioning

  init(_ kind: MatrixNorm, _ grid: Partitioning) {
    self.kind = kind
    self.grid = grid
  }

  func encode(to writer: inout WireWriter) {
    writer.write(kind.rawValue)
    grid.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    guard let kind = MatrixNorm(rawValue: try reader.readString()) else {
      throw .malformed(expected: "a norm")
    }
    self.kind = kind
    grid = try Partitioning(from: &reader)
  }
}

enum NormTask<S: Scalar>: ReduceTask {
  typealias Arguments = NormArguments
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("norm", S.self) }

  static func run(_ arguments: NormArguments, _ tile: LocalMatrix<S>, tile t: Int) throws -> Segment<Double> {
    let grid = arguments.grid
    guard 0..<grid.tileCount ~= t, tile.rows == grid.rows(ofTile: t).count,
      tile.columns == grid.columns(ofTile: t).count
    else { throw CommunicationError.malformed(expected: "tile \(t) in a grid") }
    switch arguments.kind {
    case .one where grid.rowCuts.count > 1:
      var sums = [Double](repeating: 0, count: tile.columns)
      tile.forEach { _, j, value in sums[j] += Double(value.modulus) }
      return Segment(first: grid.columns(ofTile: t).lowerBound, sums)
    case .infinity where grid.columnCuts.count > 1:
      var sums = [Double](repeating: 0, count: tile.rows)
      tile.forEach { i, _, value in sums[i] += Double(value.modulus) }
      return Segment(first: grid.rows(ofTile: t).lowerBound, sums)
    case let kind: return Segment(first: 0, [Double(tile.norm(kind))])
    }
  }

  static func combine(_ left: inout Segment<Double>, _ right: Segment<Double>, _ arguments: NormArguments)
    throws
  {
    switch arguments.kind {
    case .one where arguments.grid.rowCuts.count > 1, .infinity where arguments.grid.columnCuts.count > 1:
      guard [left, right].allSatisfy({ $0.first + $0.elements.count <= Int(Int32.max) * 256 }) else {
        throw CommunicationError.malformed(expected: "sums of a matrix's columns or rows")
      }
      left.add(right)
    case let kind:
      guard let a = left.elements.first, let b = right.elements.first else {
        throw CommunicationError.malformed(expected: "a norm")
      }
      left.elements = [kind == .frobenius ? hypotenuse(a, b) : larger(a, b)]
    }
  }
}

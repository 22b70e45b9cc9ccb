// y = A x and x = A^H y for a grid of tiles, x on the driver.
//
//   y_I = sum over J of A_IJ x_J          n words to every worker; the pieces of y of tiles that do not lie with
//                                         the first of their row of the grid go there
//   x_J = sum over I of A_IJ^H y_I        m words to every worker; n from every worker, at most
//
// Sums run in the order of tile numbers.

import Numerics
import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// A vector, the layout of the matrix that it is multiplied by, and how the result is cut.
struct GridOperand<S: Scalar>: WireCodable {
  let x: [S]
  let movement: Redistribution

  /// - Parameter cuts: how the rows of the product are cut.
  init(_ x: [S], _ layout: Layout, cuts: Cuts) {
    self.x = x
    movement = Redistribution(
      from: layout, to: Partitioning(rowCuts: cuts, columnCuts: Cuts(even: layout.shape.columns, parts: 1)))
  }

  func encode(to writer: inout WireWriter) {
    movement.encode(to: &writer)
    writer.write(array: x)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    movement = try Redistribution(from: &reader)
    x = try reader.readArray(of: S.self)
  }
}

enum GridProductTask<Content: MatrixTile>: ExchangeTask {
  typealias S = Content.Element
  typealias Arguments = GridOperand<S>
  typealias Input = Content
  static var name: String { "grid-product/\(Content.typeName)" }

  static func split(_ operand: GridOperand<S>, _ tile: Content, tile t: Int) throws
    -> [(target: Int, piece: Segment<S>)]
  {
    let movement = operand.movement
    let place = try movement.source.place(ofTile: t, tile.shape)
    guard operand.x.count == movement.columns.count else {
      throw CommunicationError.malformed(expected: "a vector of \(movement.columns.count)")
    }
    let y = try tile.product(movement.source.view, Array(operand.x[place.columns]))
    return movement.rows.crossings(place.rows, movement.target.rowCuts).map { piece, rows in
      let first = rows.lowerBound - movement.target.rowCuts.bounds[piece]
      return (piece, Segment(first: first, Array(y[rows.shifted(by: -place.rows.lowerBound)])))
    }
  }

  static func merge(_ operand: GridOperand<S>, _ pieces: [Segment<S>], tile: Int) throws -> VectorTile<S> {
    let cuts = operand.movement.target.rowCuts
    guard 0..<cuts.count ~= tile else { throw CommunicationError.malformed(expected: "tile \(tile)") }
    var y = [S](repeating: 0, count: cuts[tile].count)
    for piece in pieces {
      guard piece.first + piece.elements.count <= y.count else {
        throw CommunicationError.malformed(expected: "a piece of \(y.count) numbers")
      }
      for k in piece.elements.indices { y[piece.first + k] += piece.elements[k] }
    }
    return VectorTile(y)
  }
}

enum GridAdjointTask<Content: MatrixTile>: ReduceTask {
  typealias S = Content.Element
  typealias Arguments = GridOperand<S>
  typealias Input = Content
  static var name: String { "grid-adjoint/\(Content.typeName)" }

  /// - Parameter operand: a vector of as many numbers as the matrix has rows; the cuts are of no account.
  static func run(_ operand: GridOperand<S>, _ tile: Content, tile t: Int) throws -> Segment<S> {
    let movement = operand.movement
    let place = try movement.source.place(ofTile: t, tile.shape)
    guard operand.x.count == movement.rows.count else {
      throw CommunicationError.malformed(expected: "a vector of \(movement.rows.count)")
    }
    return Segment(
      first: place.columns.lowerBound,
      try tile.product(movement.source.view.viewed(through: .adjoint), Array(operand.x[place.rows])))
  }

  static func combine(_ left: inout Segment<S>, _ right: Segment<S>, _ operand: GridOperand<S>) throws {
    guard [left, right].allSatisfy({ $0.first + $0.elements.count <= operand.movement.columns.count }) else {
      throw CommunicationError.malformed(expected: "numbers of \(operand.movement.columns.count) columns")
    }
    left.add(right)
  }
}

extension TripletMatrix {
  /// A x, A the list as it is read. 2 z flops, O(rows) memory.
  @specialized(where S == Float)
  @specialized(where S == Double)
  @specialized(where S == Complex<Float>)
  @specialized(where S == Complex<Double>)
  func timesVector(_ x: [S]) -> [S] {
    var y = [S](repeating: 0, count: rows)
    forEach { i, j, value in y[i] += value * x[j] }
    return y
  }
}

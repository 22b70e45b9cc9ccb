// Partial results to the owners of C's tiles, which finish the sums over K along the reduction tree:
//
//   before   cell (i, k, j) has, for its I and J, one partial result for each node that its K cover
//   after    the owner of a tile of C has C_IJ, or all C_IJ of its rows side by side

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// The layout of C.
struct ResultRoute: WireCodable, Hashable {
  var rows: Cuts
  var columns: Cuts
  /// Leaves of the reduction tree.
  var innerCount: Int
  /// Whether a tile has all columns of its rows.
  var isInSlabs: Bool
  /// Whether units without any partial result are dense zeros; else they store nothing.
  var isDense: Bool

  init(rows: Cuts, columns: Cuts, innerCount: Int, isInSlabs: Bool, isDense: Bool) {
    self.rows = rows
    self.columns = columns
    self.innerCount = innerCount
    self.isInSlabs = isInSlabs
    self.isDense = isDense
  }

  func encode(to writer: inout WireWriter) {
    Partitioning(rowCuts: rows, columnCuts: columns).encode(to: &writer)
    writer.write(innerCount)
    writer.write((isInSlabs ? 1 : 0) + (isDense ? 2 : 0))
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    let grid = try Partitioning(from: &reader)
    let innerCount = try reader.readInt(in: 1...Int(Int32.max), "a number of leaves")
    let flags = try reader.readInt(in: 0...3, "flags")
    self.init(
      rows: grid.rowCuts, columns: grid.columnCuts, innerCount: innerCount,
      isInSlabs: flags & 1 == 1, isDense: flags & 2 == 2)
  }

  /// How C is cut into tiles.
  var partitioning: Partitioning {
    isInSlabs
      ? Partitioning(slabs: rows, columns: columns.extent)
      : Partitioning(rowCuts: rows, columnCuts: columns)
  }

  /// The tile that C_IJ is in.
  func tile(_ rowUnit: Int, _ columnUnit: Int) -> Int {
    isInSlabs ? rowUnit : rowUnit * columns.count + columnUnit
  }

  /// Tile `t` from its partial results.
  func tile<S: Scalar>(_ t: Int, from partials: [PartialResult<S>]) throws -> LocalMatrix<S> {
    var byUnit: [Int: [Int: LocalMatrix<S>]] = [:]
    for partial in partials {
      guard 0..<rows.count ~= partial.row, 0..<columns.count ~= partial.column,
        tile(partial.row, partial.column) == t
      else { throw CommunicationError.malformed(expected: "partial results of tile \(t)") }
      byUnit[partial.column, default: [:]][partial.first] = partial.matrix
    }
    guard 0..<partitioning.tileCount ~= t else {
      throw CommunicationError.malformed(expected: "tile \(t) of the result")
    }
    let height = rows[isInSlabs ? t : t / columns.count].count
    var parts: [PlacedPart<S>] = []
    let units = isInSlabs ? 0..<columns.count : t % columns.count..<t % columns.count + 1
    let start = columns[units.lowerBound].lowerBound
    for columnUnit in units {
      let sum =
        try byUnit.removeValue(forKey: columnUnit).flatMap { values in
          var values = values
          return try combined(ReductionNode(root: innerCount), &values)
        } ?? nothing(height, columns[columnUnit].count)
      parts.append(PlacedPart(row: 0, column: columns[columnUnit].lowerBound - start, sum))
    }
    return try LocalMatrix.assembled(rows: height, columns: columns.span(units).count, parts)
  }

  private func nothing<S: Scalar>(_ rows: Int, _ columns: Int) -> LocalMatrix<S> {
    isDense ? .dense(DenseMatrix(zeros: rows, columns)) : .sparse(SparseMatrix(zeros: rows, columns))
  }

  /// What is below a node; takes the values, so that sums are made in place.
  private func combined<S: Scalar>(_ node: ReductionNode, _ values: inout [Int: LocalMatrix<S>]) throws
    -> LocalMatrix<S>?
  {
    if node.isLeaf { return values.removeValue(forKey: node.first) }
    let (before, after) = node.children
    // A partial result of a node stands under its first leaf; nothing else of that node is then there.
    var sum = try combined(before, &values)
    guard let after, let more = try combined(after, &values) else { return sum }
    guard sum != nil else { return more }
    try sum?.add(more)
    return sum
  }
}

/// Partial results to tiles that are local matrices.
enum ResultExchangeTask<S: Scalar>: ExchangeTask {
  typealias Arguments = ResultRoute
  typealias Input = CellResult<S>
  static var name: String { scalarName("result", S.self) }

  static func split(_ route: ResultRoute, _ cell: CellResult<S>, tile: Int) -> [(
    target: Int, piece: PartialResult<S>
  )] {
    cell.parts.map { (route.tile($0.row, $0.column), $0) }
  }

  static func merge(_ route: ResultRoute, _ pieces: [PartialResult<S>], tile: Int) throws -> LocalMatrix<S> {
    try route.tile(tile, from: pieces).compact()
  }
}

/// Partial results to tiles that are lists of entries.
enum EntryResultExchangeTask<S: Scalar>: ExchangeTask {
  typealias Arguments = ResultRoute
  typealias Input = CellResult<S>
  static var name: String { scalarName("entry-result", S.self) }

  static func split(_ route: ResultRoute, _ cell: CellResult<S>, tile: Int) -> [(
    target: Int, piece: PartialResult<S>
  )] {
    ResultExchangeTask<S>.split(route, cell, tile: tile)
  }

  static func merge(_ route: ResultRoute, _ pieces: [PartialResult<S>], tile: Int) throws -> TripletMatrix<S>
  {
    switch try route.tile(tile, from: pieces) {
    case .dense(let a): a.triplets()
    case .sparse(let a): a.triplets()
    }
  }
}

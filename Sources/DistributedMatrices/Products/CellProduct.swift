// The unit products of one cell, C_IJ^K = A_IK B_KJ for I, K, J in the cell's ranges, each added up over K
// along the reduction tree of K as far as the cell's range allows: one partial result for each node that the
// range covers, depth first, so that at most ceil(log2 K) unit products of a C_IJ are alive at a time.
//
// Dense parts are multiplied where they lie. Cost: the flops of the four kernels.

import TesseraCommunication
import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

/// What every cell is told about the product.
struct CellWork: WireCodable, Hashable {
  var rows: Cuts
  var inner: Cuts
  var columns: Cuts
  var grid: MultiplyGrid
  /// First and last unit, one after the other, of every layer of cells.
  var rowRanges: [Int]
  var innerRanges: [Int]
  var columnRanges: [Int]
  /// Whether products of sparse parts are expected to be so full that they are made dense.
  var fillsUp: Bool
  /// Whether only units with I <= J are computed.
  var isTriangular: Bool
  /// Where only what is touched is fetched: the bounds of the inner units among what a cell touches, for row
  /// layer after row layer and in each column layer after column layer; else empty.
  var touchedBounds: [Int]
  /// Into how many pieces of the result the rows and the columns of a unit product go.
  var rowParts: Int
  var columnParts: Int

  func encode(to writer: inout WireWriter) {
    Partitioning(rowCuts: rows, columnCuts: columns).encode(to: &writer)
    Partitioning(slabs: inner, columns: 0).encode(to: &writer)
    [grid.rows, grid.inner, grid.columns].encode(to: &writer)
    rowRanges.encode(to: &writer)
    innerRanges.encode(to: &writer)
    columnRanges.encode(to: &writer)
    touchedBounds.encode(to: &writer)
    writer.write((fillsUp ? 1 : 0) + (isTriangular ? 2 : 0))
    writer.write(rowParts)
    writer.write(columnParts)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    let plane = try Partitioning(from: &reader)
    let depth = try Partitioning(from: &reader)
    let cuts = [plane.rowCuts, depth.rowCuts, plane.columnCuts]
    let cells = try [Int](from: &reader)
    guard cells.count == 3, cells.allSatisfy({ 1...Int(UInt16.max) ~= $0 }) else {
      throw .malformed(expected: "a grid")
    }
    let ranges = [try [Int](from: &reader), try [Int](from: &reader), try [Int](from: &reader)]
    for (layers, (range, cut)) in zip(cells, zip(ranges, cuts)) {
      guard range.count == 2 * layers, range.areSpans(within: cut.count) else {
        throw .malformed(expected: "the units of a grid's layers")
      }
    }
    let touchedBounds = try [Int](from: &reader)
    let count = cuts[1].bounds.count
    guard touchedBounds.isEmpty || touchedBounds.count == cells[0] * cells[2] * count,
      stride(from: 0, to: touchedBounds.count, by: count).allSatisfy({
        touchedBounds[$0] == 0
          && zip(touchedBounds[$0..<$0 + count - 1], touchedBounds[$0 + 1..<$0 + count]).allSatisfy {
            $0 <= $1
          }
      })
    else { throw .malformed(expected: "bounds of what is touched") }
    let flags = try reader.readInt(in: 0...3, "flags")
    let rowParts = try reader.readInt(in: 1...Int(UInt16.max), "a number of pieces")
    let columnParts = try reader.readInt(in: 1...Int(UInt16.max), "a number of pieces")
    self.init(
      rows: cuts[0], inner: cuts[1], columns: cuts[2], grid: MultiplyGrid(cells[0], cells[1], cells[2]),
      rowRanges: ranges[0], innerRanges: ranges[1], columnRanges: ranges[2], fillsUp: flags & 1 == 1,
      isTriangular: flags & 2 == 2, touchedBounds: touchedBounds, rowParts: rowParts, columnParts: columnParts
    )
  }

  init(
    rows: Cuts, inner: Cuts, columns: Cuts, grid: MultiplyGrid, rowRanges: [Int], innerRanges: [Int],
    columnRanges: [Int], fillsUp: Bool, isTriangular: Bool, touchedBounds: [Int], rowParts: Int,
    columnParts: Int
  ) {
    self.rows = rows
    self.inner = inner
    self.columns = columns
    self.grid = grid
    self.rowRanges = rowRanges
    self.innerRanges = innerRanges
    self.columnRanges = columnRanges
    self.fillsUp = fillsUp
    self.isTriangular = isTriangular
    self.touchedBounds = touchedBounds
    (self.rowParts, self.columnParts) = (rowParts, columnParts)
  }

  /// The inner units of the cells of row layer `i` and column layer `j`.
  private func innerCuts(_ i: Int, _ j: Int) -> Cuts {
    guard !touchedBounds.isEmpty else { return inner }
    let count = inner.bounds.count
    let first = (i * grid.columns + j) * count
    return Cuts(bounds: Array(touchedBounds[first..<first + count]))
  }

  /// The partial results of cell `c` with these operands.
  func run<S: Scalar>(_ a: CellOperand<S>, _ b: CellOperand<S>, cell c: Int) throws -> [PartialResult<S>] {
    guard 0..<grid.cellCount ~= c else { throw CommunicationError.malformed(expected: "a cell of \(grid)") }
    let (i, k, j) = grid.position(of: c)
    let inner = innerCuts(i, j)
    let left = UnitIndex(a.parts, rows, inner)
    let right = UnitIndex(b.parts, inner, columns)
    let nodes = ReductionNode.covering(innerRanges[2 * k]..<innerRanges[2 * k + 1], of: inner.count)
    let columnUnits = columnRanges[2 * j]..<columnRanges[2 * j + 1]
    var results: [PartialResult<S>] = []
    var rightUnits: [Int: Unit<S>] = [:]
    // What has been added to something else leaves its memory to the next product.
    var spare: [S] = []
    for rowUnit in rowRanges[2 * i]..<rowRanges[2 * i + 1] {
      var leftUnits: [Int: Unit<S>] = [:]
      func value(_ node: ReductionNode, _ columnUnit: Int) throws -> LocalMatrix<S>? {
        if node.isLeaf {
          let leaf = node.first
          guard var x = try leftUnits[leaf] ?? left.unit(rowUnit, leaf) else { return nil }
          leftUnits[leaf] = x
          guard var y = try rightUnits[leaf * columns.count + columnUnit] ?? right.unit(leaf, columnUnit)
          else { return nil }
          var buffer: [S] = []
          swap(&buffer, &spare)
          let product = try x.times(&y, fillsUp: fillsUp, in: consume buffer)
          leftUnits[leaf] = x
          rightUnits[leaf * columns.count + columnUnit] = y
          return product
        }
        let (before, after) = node.children
        let sum = try value(before, columnUnit)
        guard let after, let more = try value(after, columnUnit) else { return sum }
        guard var total = sum else { return more }
        try total.add(more)
        if case .dense(let done) = more { spare = done.storage }
        return total
      }
      for columnUnit in columnUnits where !isTriangular || rowUnit <= columnUnit {
        for node in nodes {
          guard let matrix = try value(node, columnUnit) else { continue }
          results += try pieces(of: matrix, rowUnit, columnUnit, first: node.first)
        }
      }
    }
    return results
  }

  /// A partial result of a unit by pieces of the result. A copy where there are several.
  private func pieces<S: Scalar>(
    of matrix: LocalMatrix<S>, _ rowUnit: Int, _ columnUnit: Int, first: Int
  ) throws -> [PartialResult<S>] {
    guard rowParts * columnParts > 1 else {
      return [PartialResult(row: rowUnit, column: columnUnit, first: first, matrix)]
    }
    let (heights, widths) = (
      Cuts(even: matrix.rows, parts: rowParts), Cuts(even: matrix.columns, parts: columnParts)
    )
    var pieces: [PartialResult<S>] = []
    for r in 0..<rowParts {
      for c in 0..<columnParts {
        let (row, column) = (rowUnit * rowParts + r, columnUnit * columnParts + c)
        if isTriangular, row > column { continue }
        pieces.append(
          PartialResult(row: row, column: column, first: first, try matrix[heights[r], widths[c]]))
      }
    }
    return pieces
  }
}

/// Both operands of a cell to its partial results.
enum CellProductTask<S: Scalar>: MapTask {
  typealias Arguments = CellWork
  typealias Input = TilePair<CellOperand<S>, CellOperand<S>>
  static var name: String { scalarName("cell-product", S.self) }

  static func run(_ work: CellWork, _ input: Input, tile: Int) throws -> CellResult<S> {
    CellResult(try work.run(input.first, input.second, cell: tile))
  }
}

/// What the cells do, and an operand that all of them need whole.
struct BroadcastWork<S: Scalar>: WireCodable {
  let work: CellWork
  let matrix: LocalMatrix<S>
  let isLeft: Bool

  init(_ work: CellWork, _ matrix: LocalMatrix<S>, isLeft: Bool) {
    (self.work, self.matrix, self.isLeft) = (work, matrix, isLeft)
  }

  func encode(to writer: inout WireWriter) {
    work.encode(to: &writer)
    writer.write(isLeft ? 1 : 0)
    matrix.encode(to: &writer)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    work = try CellWork(from: &reader)
    isLeft = try reader.readInt(in: 0...1, "a flag") == 1
    matrix = try LocalMatrix(from: &reader)
  }
}

/// One operand of a cell, and the other as argument, to the cell's partial results.
enum BroadcastProductTask<S: Scalar>: MapTask {
  typealias Arguments = BroadcastWork<S>
  typealias Input = CellOperand<S>
  static var name: String { scalarName("broadcast-product", S.self) }

  static func run(_ broadcast: BroadcastWork<S>, _ input: CellOperand<S>, tile: Int) throws -> CellResult<S> {
    let whole = CellOperand([OperandPart(row: 0, column: 0, broadcast.matrix)])
    return CellResult(
      broadcast.isLeft
        ? try broadcast.work.run(whole, input, cell: tile) : try broadcast.work.run(input, whole, cell: tile))
  }
}

/// The same for a further panel: its partial results join those before.
enum NextPanelTask<S: Scalar>: MapTask {
  typealias Arguments = CellWork
  typealias Input = TileTriple<CellResult<S>, CellOperand<S>, CellOperand<S>>
  static var name: String { scalarName("next-panel", S.self) }

  static func run(_ work: CellWork, _ input: Input, tile: Int) throws -> CellResult<S> {
    CellResult(input.first.parts + (try work.run(input.second, input.third, cell: tile)))
  }
}

/// A unit piece of an operand: a part of a local matrix that is not cut out before it has to be.
private struct Unit<S: Scalar> {
  var matrix: LocalMatrix<S>
  var rows: Range<Int>
  var columns: Range<Int>

  init(_ matrix: LocalMatrix<S>, _ rows: Range<Int>, _ columns: Range<Int>) {
    self.matrix = matrix
    self.rows = rows
    self.columns = columns
  }

  /// Cuts the unit out, and stores it as a kernel wants it: once for all of its products.
  private mutating func cut(dense order: StorageOrder? = nil) throws -> LocalMatrix<S> {
    if rows != 0..<matrix.rows || columns != 0..<matrix.columns {
      matrix = try matrix[rows, columns]
      (rows, columns) = (0..<matrix.rows, 0..<matrix.columns)
    }
    if let order {
      var dense = try matrix.dense(order: order)
      if dense.order != order || dense.isConjugated {
        dense = try DenseMatrix(
          rows: dense.rows, columns: dense.columns, order: order, elements: dense.elements(in: order))
      }
      matrix = .dense(dense)
    }
    return matrix
  }

  /// The product; of dense parts in `buffer` if it fits.
  mutating func times(_ other: inout Unit, fillsUp: Bool, in buffer: consuming [S]) throws -> LocalMatrix<S> {
    switch (matrix, other.matrix) {
    case (.dense(let a), .dense(let b)):
      .dense(try DenseMatrix.product(a, rows, columns, b, other.rows, other.columns, in: buffer))
    case (.sparse, .dense): try cut() * other.cut(dense: .rowMajor)
    case (.dense, .sparse): try cut(dense: .columnMajor) * other.cut()
    case (.sparse, .sparse):
      if fillsUp {
        try cut() * .dense(try other.cut().dense(order: .rowMajor))
      } else {
        try cut() * other.cut()
      }
    }
  }
}

/// Finds the parts of unit pieces.
private struct UnitIndex<S: Scalar> {
  let parts: [OperandPart<S>]
  let rows: Cuts
  let columns: Cuts
  private var found: [Int: [Int]] = [:]

  init(_ parts: [OperandPart<S>], _ rows: Cuts, _ columns: Cuts) {
    self.parts = parts
    self.rows = rows
    self.columns = columns
    for (n, part) in parts.enumerated() {
      guard part.rows.upperBound <= rows.extent, part.columns.upperBound <= columns.extent else { continue }
      for r in rows.pieces(meeting: part.rows) {
        for c in columns.pieces(meeting: part.columns) { found[r * columns.count + c, default: []].append(n) }
      }
    }
  }

  /// Unit (r, c); nil when no part has any of it.
  func unit(_ r: Int, _ c: Int) throws -> Unit<S>? {
    guard let members = found[r * columns.count + c] else { return nil }
    let (height, width) = (rows[r], columns[c])
    if members.count == 1 {
      let part = parts[members[0]]
      if part.rows.clamped(to: height) == height, part.columns.clamped(to: width) == width {
        return Unit(part.matrix, height.shifted(by: -part.row), width.shifted(by: -part.column))
      }
    }
    let placed = try members.map { n in
      let part = parts[n]
      let (h, w) = (part.rows.clamped(to: height), part.columns.clamped(to: width))
      let matrix =
        h == part.rows && w == part.columns
        ? part.matrix : try part.matrix[h.shifted(by: -part.row), w.shifted(by: -part.column)]
      return PlacedPart(
        row: h.lowerBound - height.lowerBound, column: w.lowerBound - width.lowerBound, matrix)
    }
    let whole = try LocalMatrix.assembled(rows: height.count, columns: width.count, placed)
    return Unit(whole, 0..<height.count, 0..<width.count)
  }
}

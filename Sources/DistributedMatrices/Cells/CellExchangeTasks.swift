// Blocks to cells and back. Every block goes to the cell of its place, where nothing moves if it was owned
// cyclically before; of a triangle the blocks beyond the diagonal stay behind. Of a folded matrix, which is to be compared
// with its adjoint, a block above the diagonal goes to the cell of its mirror image.

import TesseraCommunication
import TesseraExecution
package import TesseraLocalMatrices
import TesseraPartitioning

/// The place of a tile among the tiles.
struct TileNumber: Hashable {
  let i: Int
  let j: Int
}

/// Which blocks of a matrix go to cells, or come back.
struct CellSelection: WireCodable {
  let grid: CellGrid
  /// What is taken: all, or a triangle.
  let part: TriangleView?
  /// Whether, of a square matrix, every block above the diagonal goes to the cell of its mirror image.
  let isFolded: Bool

  init(_ grid: CellGrid, _ part: TriangleView?, isFolded: Bool = false) {
    self.grid = grid
    self.part = part
    self.isFolded = isFolded
  }

  func encode(to writer: inout WireWriter) {
    grid.encode(to: &writer)
    part.encode(to: &writer)
    writer.write(isFolded ? 1 : 0)
  }

  init(from reader: inout WireReader) throws(CommunicationError) {
    grid = try CellGrid(from: &reader)
    part = try TriangleView?(from: &reader)
    isFolded = try reader.readInt(in: 0...1, "a flag") == 1
  }

  /// Whether anything of tile (i, j) is taken.
  func takes(_ i: Int, _ j: Int) -> Bool {
    guard let part else { return true }
    return i == j || (i < j) == part.isUpper
  }

  /// The cell that tile (i, j) goes to.
  func cell(_ i: Int, _ j: Int) -> Int { isFolded ? grid.cell(max(i, j), min(i, j)) : grid.cell(i, j) }
}

extension TriangleView: WireCodable {
  package func encode(to writer: inout WireWriter) {
    writer.write((isUpper ? 1 : 0) + (hasUnitDiagonal ? 2 : 0))
    operation.encode(to: &writer)
  }

  package init(from reader: inout WireReader) throws(CommunicationError) {
    let flags = try reader.readInt(in: 0...3, "a triangle")
    self.init(
      isUpper: flags & 1 != 0, hasUnitDiagonal: flags & 2 != 0, operation: try MatrixOperation(from: &reader))
  }
}

extension MatrixOperation {
  /// Writes a number.
  func encode(to writer: inout WireWriter) {
    writer.write(self == .identity ? 0 : self == .transpose ? 1 : 2)
  }

  /// Reads an operation back.
  init(from reader: inout WireReader) throws(CommunicationError) {
    self = [.identity, .transpose, .adjoint][try reader.readInt(in: 0...2, "an operation")]
  }
}

/// Blocks to cells, dense.
enum CellGatherTask<S: Scalar>: ExchangeTask {
  typealias Arguments = CellSelection
  typealias Input = LocalMatrix<S>
  static var name: String { scalarName("cell-gather", S.self) }

  static func split(_ selection: CellSelection, _ tile: LocalMatrix<S>, tile t: Int) throws -> [(
    target: Int, piece: PlacedTile<S>
  )] {
    let grid = selection.grid
    _ = try Layout(grid.tiles).place(ofTile: t, tile.shape)
    let (i, j) = t.quotientAndRemainder(dividingBy: grid.columnCount)
    guard selection.takes(i, j) else { return [] }
    return [(selection.cell(i, j), PlacedTile(i, j, try tile.dense(order: .rowMajor).rowMajor()))]
  }

  static func merge(_: CellSelection, _ pieces: [PlacedTile<S>], tile: Int) -> TileCell<S> {
    TileCell(pieces)
  }
}

/// The largest |a_ij - conj(a_ji)| of a matrix in folded cells.
enum HermitianDefectTask<S: Scalar>: ReduceTask {
  typealias Arguments = Empty
  typealias Input = TileCell<S>
  static var name: String { scalarName("hermitian-defect", S.self) }

  static func run(_: Empty, _ cell: TileCell<S>, tile: Int) throws -> VectorTile<S.Real> {
    var above: [TileNumber: DenseMatrix<S>] = [:]
    for tile in cell.tiles where tile.i <= tile.j {
      above[TileNumber(i: tile.i, j: tile.j)] = tile.matrix
    }
    var largest: S.Real = 0
    for tile in cell.tiles where tile.i >= tile.j {
      guard let mirror = above[TileNumber(i: tile.j, j: tile.i)] else {
        throw CommunicationError.malformed(expected: "tile (\(tile.j), \(tile.i))")
      }
      largest = larger(largest, try tile.matrix.largestDifference(fromAdjointOf: mirror))
    }
    return VectorTile([largest])
  }

  static func combine(_ left: inout VectorTile<S.Real>, _ right: VectorTile<S.Real>, _: Empty) throws {
    guard let a = left.elements.first, let b = right.elements.first else {
      throw CommunicationError.malformed(expected: "a difference")
    }
    left = VectorTile([larger(a, b)])
  }
}

/// Of folded cells what lies on and below the diagonal.
enum CellTriangleTask<S: Scalar>: MapTask {
  typealias Arguments = CellSelection
  typealias Input = TileCell<S>
  static var name: String { scalarName("cell-triangle", S.self) }

  static func run(_ selection: CellSelection, _ cell: TileCell<S>, tile: Int) -> TileCell<S> {
    TileCell(cell.tiles.filter { selection.takes($0.i, $0.j) })
  }
}

/// Cells to blocks: zeros where nothing is taken.
enum CellScatterTask<S: Scalar>: ExchangeTask {
  typealias Arguments = CellSelection
  typealias Input = TileCell<S>
  static var name: String { scalarName("cell-scatter", S.self) }

  static func split(_ selection: CellSelection, _ cell: TileCell<S>, tile: Int) throws -> [(
    target: Int, piece: LocalMatrix<S>
  )] {
    try cell.tiles.filter { selection.takes($0.i, $0.j) }.map { tile in
      let matrix =
        if let part = selection.part, tile.i == tile.j { try tile.matrix.triangle(part) } else { tile.matrix }
      return (tile.i * selection.grid.columnCount + tile.j, .dense(matrix))
    }
  }

  static func merge(_ selection: CellSelection, _ pieces: [LocalMatrix<S>], tile t: Int) throws
    -> LocalMatrix<S>
  {
    let grid = selection.grid.tiles
    guard 0..<grid.tileCount ~= t else { throw CommunicationError.malformed(expected: "tile \(t) in a grid") }
    let shape = Shape(grid.rows(ofTile: t).count, grid.columns(ofTile: t).count)
    guard let piece = pieces.first else { return .sparse(SparseMatrix(zeros: shape.rows, shape.columns)) }
    guard pieces.count == 1, piece.shape == shape else {
      throw CommunicationError.malformed(expected: "one tile of \(shape)")
    }
    return piece
  }
}

/// Tile (k, k).
enum DiagonalTileTask<S: Scalar>: ReduceTask {
  typealias Arguments = Int
  typealias Input = TileCell<S>
  static var name: String { scalarName("diagonal-tile", S.self) }

  static func run(_ k: Int, _ cell: TileCell<S>, tile: Int) -> [DenseMatrix<S>] {
    cell.tiles.filter { $0.i == k && $0.j == k }.map(\.matrix)
  }

  static func combine(_ left: inout [DenseMatrix<S>], _ right: [DenseMatrix<S>], _: Int) { left += right }
}

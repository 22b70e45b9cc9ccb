// A layout as an argument of tasks, and where each of its tiles is.

public import TesseraCommunication
import TesseraLocalMatrices
import TesseraPartitioning

extension Layout: WireCodable {
  /// Writes the grid, the number of layers and the view.
  public func encode(to writer: inout WireWriter) {
    grid.encode(to: &writer)
    writer.write(layers)
    view.encode(to: &writer)
  }

  /// Reads a layout back.
  public init(from reader: inout WireReader) throws(CommunicationError) {
    let grid = try Partitioning(from: &reader)
    let layers = try reader.readInt(in: 1...Int(Int32.max), "a number of layers")
    self.init(grid, layers: layers, view: try MatrixView(from: &reader))
  }
}

/// The rows and columns that a tile has, as its matrix is read.
struct TilePlace {
  let rows: Range<Int>
  let columns: Range<Int>
}

extension Layout {
  /// The place of tile `t`, which is of the given shape as it is stored. O(1).
  ///
  /// - Throws: `malformed` when there is no such tile, or it is of another shape.
  func place(ofTile t: Int, _ shape: Shape) throws(CommunicationError) -> TilePlace {
    guard 0..<tileCount ~= t else { throw .malformed(expected: "tile \(t) in a grid") }
    let cell = cell(ofTile: t)
    let (rows, columns) = (grid.rows(ofTile: cell), grid.columns(ofTile: cell))
    guard shape == Shape(rows.count, columns.count) else {
      throw .malformed(expected: "a tile of \(rows.count) x \(columns.count), not \(shape)")
    }
    return view.isTransposed
      ? TilePlace(rows: columns, columns: rows) : TilePlace(rows: rows, columns: columns)
  }
}

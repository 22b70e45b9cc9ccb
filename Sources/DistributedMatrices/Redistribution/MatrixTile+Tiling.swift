// A matrix on the driver as tiles, and tiles to their owners.

import TesseraExecution
import TesseraLocalMatrices
import TesseraPartitioning

extension MatrixTile {
  /// The tiles of a matrix on the driver, cut along a grid.
  func tiles<Other: MatrixTile<Element>>(of grid: Partitioning) throws -> [Other] {
    let source = Layout(Partitioning(whole: grid.rows, grid.columns))
    var parts = [[TilePart<Element>]](repeating: [], count: grid.tileCount)
    for (target, piece) in try cut(Redistribution(from: source, to: grid), tile: 0) {
      parts[target].append(piece)
    }
    return try parts.indices.map {
      try Other(rows: grid.rows(ofTile: $0).count, columns: grid.columns(ofTile: $0).count, parts: parts[$0])
    }
  }
}

extension Engine {
  /// Sends each tile to its owner, by default that of the contiguous rule.
  func place<Element: Tile>(_ tiles: [Element], on ownership: Ownership?) async throws(ExecutionError)
    -> TileCollection<Element>
  {
    if let ownership { try await place(tiles, on: ownership) } else { try await place(tiles) }
  }
}

// How good a partitioning is: what each owner holds, how far the fullest is above the mean, and how many words a
// product with a vector or a matrix of the driver's moves. Pure arithmetic on counts; O(tiles + workers).
//
// Words of y = A x, x and y as LinearOperator has them: x, n words, to every worker but the driver's, to one that
// has no rows too, since a step's arguments go to all workers; and of
// every tile that does not lie with the first of its row of the grid a piece of y, as long as the tile has rows.

/// What each owner of a partitioned matrix holds, and what products move.
public struct PartitionQuality: Sendable, Equatable {
  /// What one worker holds.
  public struct Part: Sendable, Equatable {
    /// Its tiles.
    public let tiles: [Int]
    /// Stored elements.
    public let nonzeros: Int
    /// Bytes of the tiles.
    public let bytes: Int
  }

  /// What each worker holds, by rank.
  public let parts: [Part]
  /// The largest number of stored elements of a worker, over the mean; 1 when there is none.
  public let imbalance: Double
  /// Words that A x moves.
  public let words: Int

  /// The quality of a grid whose tiles have `nonzeros` stored elements in `bytes` bytes.
  ///
  /// - Precondition: ownership and counts are of the grid's tiles.
  public init(_ grid: Partitioning, _ ownership: Ownership, nonzeros: [Int], bytes: [Int]) {
    precondition(
      ownership.tileCount == grid.tileCount && nonzeros.count == grid.tileCount
        && bytes.count == grid.tileCount, "counts of another grid")
    parts = (0..<ownership.workerCount).map { worker in
      let tiles = ownership.tiles(of: worker)
      return Part(
        tiles: tiles, nonzeros: tiles.reduce(0) { $0 + nonzeros[$1] },
        bytes: tiles.reduce(0) { $0 + bytes[$1] })
    }
    let total = nonzeros.reduce(0, +)
    let most = parts.reduce(0) { max($0, $1.nonzeros) }
    imbalance = total == 0 ? 1 : Double(most) * Double(parts.count) / Double(total)
    let width = grid.columnCuts.count
    var words = grid.columns * (ownership.workerCount - 1)
    for t in 0..<grid.tileCount where ownership.owner(of: t) != ownership.owner(of: t / width * width) {
      words += grid.rows(ofTile: t).count
    }
    self.words = words
  }

  /// Words that A B moves for a B of `columns` columns on the driver.
  public func words(columns: Int) -> Int { words * columns }
}

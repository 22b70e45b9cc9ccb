// How an m x n index space is cut into tiles: a grid of row pieces by column pieces. Tiles are numbered row
// of the grid after row. Row matrices are p x 1 grids, block matrices r x c grids.
//
// A partitioning depends on the matrix alone, never on the number of workers: that, and combining partial
// results by tile number (`ReductionTree`), is what makes results bit-identical on any number of workers.

/// A grid of tiles over the rows and columns of a matrix.
public struct Partitioning: Hashable, Sendable {
  /// How the rows are cut.
  public let rowCuts: Cuts
  /// How the columns are cut.
  public let columnCuts: Cuts

  /// The grid of the given cuts.
  public init(rowCuts: Cuts, columnCuts: Cuts) {
    self.rowCuts = rowCuts
    self.columnCuts = columnCuts
  }

  /// Slabs of whole rows.
  public init(slabs rowCuts: Cuts, columns: Int) {
    self.init(rowCuts: rowCuts, columnCuts: Cuts(even: columns, parts: 1))
  }

  /// One tile of all rows and columns.
  public init(whole rows: Int, _ columns: Int) {
    self.init(rowCuts: Cuts(even: rows, parts: 1), columnCuts: Cuts(even: columns, parts: 1))
  }

  /// Square blocks of `blockSize`, smaller at the lower and right edges.
  ///
  /// - Precondition: `rows`, `columns` not negative, `blockSize >= 1`.
  public init(rows: Int, columns: Int, blockSize: Int) {
    self.init(
      rowCuts: Cuts(rows, pieceLength: blockSize), columnCuts: Cuts(columns, pieceLength: blockSize))
  }

  /// `rowParts` by `columnParts` pieces whose rows and columns hold nearly equally many entries.
  ///
  /// - Parameters:
  ///   - rowOffsets: entries before each row, and in all; `rowOffsets.count - 1` rows.
  ///   - columnOffsets: the same of the columns.
  /// - Precondition: offsets ascend; at least one part in each dimension.
  public init(balancingRows rowOffsets: [Int], columns columnOffsets: [Int], rowParts: Int, columnParts: Int)
  {
    self.init(
      rowCuts: Cuts(balancing: rowOffsets, parts: rowParts),
      columnCuts: Cuts(balancing: columnOffsets, parts: columnParts))
  }

  /// The grid of the transpose. O(1).
  public func transposed() -> Partitioning { Partitioning(rowCuts: columnCuts, columnCuts: rowCuts) }

  /// Number of rows of the matrix.
  public var rows: Int { rowCuts.extent }
  /// Number of columns of the matrix.
  public var columns: Int { columnCuts.extent }
  /// Number of tiles.
  public var tileCount: Int { rowCuts.count * columnCuts.count }

  /// The rows of tile `t`.
  public func rows(ofTile t: Int) -> Range<Int> { rowCuts[t / columnCuts.count] }
  /// The columns of tile `t`.
  public func columns(ofTile t: Int) -> Range<Int> { columnCuts[t % columnCuts.count] }

  /// The default number of row slabs of a matrix with `stored` elements: a power of two, so that the
  /// reduction tree splits evenly over powers of two of workers; between 4 and 256; and few enough that
  /// combining the slabs' n-vectors (n = columns) costs at most a quarter of reading the elements.
  /// Never more than there are rows.
  public static func defaultSlabCount(rows: Int, columns: Int, stored: Int) -> Int {
    let affordable = stored / max(1, columns) / 4
    var count = 4
    while count < 256 && 2 * count <= affordable { count *= 2 }
    while count > 1 && count > rows { count /= 2 }
    return count
  }

  /// The default number of chunks of a list of entries in any order: a power of two between 4 and 256, with
  /// about half a million entries in each of a long list, so that the pieces that chunks are cut into when
  /// they are sorted into blocks are not too small.
  public static func defaultChunkCount(entries: Int) -> Int {
    var count = 4
    while count < 256 && 2 * count << 19 <= entries { count *= 2 }
    return count
  }

  /// The default grid of blocks: in each dimension a power of two of even pieces, about 1024 long, four of 256 or
  /// more where that makes fewer, and never more than 256 of them, and in all no more blocks than leave each 16384
  /// stored elements: a block is worth a task and a message then, and the products of dense blocks run at the speed of
  /// large ones. Pieces of 256 multiply a sixth slower than one of 1024; but one of 1024 is work for one worker.
  public static func defaultBlocks(rows: Int, columns: Int, stored: Int) -> Partitioning {
    func pieces(_ extent: Int) -> Int {
      var count = 1
      while count < 256 && 2 * count * (count < 4 ? 256 : 1024) <= extent { count *= 2 }
      return count
    }
    var (rowPieces, columnPieces) = (pieces(rows), pieces(columns))
    while rowPieces * columnPieces > max(16, stored / 16384) {
      if rowPieces >= columnPieces { rowPieces /= 2 } else { columnPieces /= 2 }
    }
    return Partitioning(
      rowCuts: Cuts(even: rows, parts: rowPieces), columnCuts: Cuts(even: columns, parts: columnPieces))
  }
}

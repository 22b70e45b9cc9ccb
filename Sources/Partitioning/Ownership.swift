// Which worker owns which tile. Unless somebody says otherwise worker r of P owns the tiles t with
// floor(t P / T) = r of T, a contiguous range; when P divides T and both are powers of two the range is a
// subtree of the reduction tree. An explicit ownership names the owner of every tile; one that names the
// contiguous rule's is the contiguous rule.
//
// Ownership decides who works and what moves, and never a bit of a result.

/// The assignment of tiles to workers.
public struct Ownership: Hashable, Sendable {
  /// Number of tiles.
  public let tileCount: Int
  /// Number of workers.
  public let workerCount: Int
  /// The owner of every tile where that is not the contiguous rule's, else nil.
  public let explicitOwners: [Int]?

  /// `tileCount` tiles in contiguous ranges on `workerCount` workers.
  ///
  /// - Precondition: `tileCount >= 0`, `workerCount >= 1`.
  public init(tileCount: Int, workerCount: Int) {
    precondition(tileCount >= 0 && workerCount >= 1)
    self.tileCount = tileCount
    self.workerCount = workerCount
    explicitOwners = nil
  }

  /// Tile t on worker `owners[t]` of `workerCount`. O(tiles).
  ///
  /// - Precondition: `workerCount >= 1`, every owner in `0..<workerCount`.
  public init(owners: [Int], workerCount: Int) {
    precondition(workerCount >= 1)
    precondition(owners.allSatisfy { 0..<workerCount ~= $0 }, "an owner that is no worker")
    let contiguous = Ownership(tileCount: owners.count, workerCount: workerCount)
    let isContiguous = owners.indices.allSatisfy { owners[$0] == contiguous.owner(of: $0) }
    tileCount = owners.count
    self.workerCount = workerCount
    explicitOwners = isContiguous ? nil : owners
  }

  /// `tileCount` tiles, all on worker `owner`.
  ///
  /// - Precondition: `tileCount >= 0`, `owner` in `0..<workerCount`.
  public init(tileCount: Int, allOn owner: Int, of workerCount: Int) {
    self.init(owners: Array(repeating: owner, count: tileCount), workerCount: workerCount)
  }

  /// Tile (i, j) of a grid on worker (i mod p, j mod q) of a p x q grid of workers, numbered row after row:
  /// block-cyclic, so that every part of the matrix is spread over all workers.
  ///
  /// - Precondition: `workerRows >= 1`, `workerColumns >= 1`.
  public init(cyclic grid: Partitioning, workerRows: Int, workerColumns: Int) {
    precondition(workerRows >= 1 && workerColumns >= 1)
    let width = grid.columnCuts.count
    self.init(
      owners: (0..<grid.tileCount).map { t in
        t / width % workerRows * workerColumns + t % width % workerColumns
      }, workerCount: workerRows * workerColumns)
  }

  /// The worker that owns tile `t`. O(1).
  public func owner(of t: Int) -> Int { explicitOwners?[t] ?? t * workerCount / tileCount }

  /// The tiles of worker `r`, ascending, possibly none. O(tiles of r), O(tiles) of an explicit ownership.
  public func tiles(of r: Int) -> [Int] {
    guard let explicitOwners else { return Array(firstTile(of: r)..<firstTile(of: r + 1)) }
    return explicitOwners.indices.filter { explicitOwners[$0] == r }
  }

  private func firstTile(of r: Int) -> Int { (r * tileCount + workerCount - 1) / workerCount }
}

// Which worker owns which tile: worker r of P owns the tiles t with floor(t P / T) = r of T, a contiguous
// range; when P divides T and both are powers of two the range is a subtree of the reduction tree.

/// The assignment of tiles to workers.
public struct Ownership: Hashable, Sendable {
  /// Number of tiles.
  public let tileCount: Int
  /// Number of workers.
  public let workerCount: Int

  /// `tileCount` tiles on `workerCount` workers.
  ///
  /// - Precondition: `tileCount >= 0`, `workerCount >= 1`.
  public init(tileCount: Int, workerCount: Int) {
    precondition(tileCount >= 0 && workerCount >= 1)
    self.tileCount = tileCount
    self.workerCount = workerCount
  }

  /// The worker that owns tile `t`.
  public func owner(of t: Int) -> Int { t * workerCount / tileCount }

  /// The tiles of worker `r`, possibly none.
  public func tiles(of r: Int) -> Range<Int> { firstTile(of: r)..<firstTile(of: r + 1) }

  private func firstTile(of r: Int) -> Int { (r * tileCount + workerCount - 1) / workerCount }
}

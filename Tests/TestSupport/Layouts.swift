// Ways to cut a matrix: what a property of distributed matrices must hold for.

public import TesseraPartitioning

extension Partitioning {
  /// Grids of an m x n matrix: even and ragged, with empty pieces, finer than the matrix.
  public static func grids(_ m: Int, _ n: Int) -> [Partitioning] {
    let ragged = Partitioning(
      rowCuts: Cuts(bounds: [0, m / 7, m / 7, m / 2, m]), columnCuts: Cuts(bounds: [0, 0, n / 3, n]))
    return [
      Partitioning(whole: m, n), Partitioning(rows: m, columns: n, blockSize: max(1, max(m, n) / 3)),
      Partitioning(rowCuts: Cuts(even: m, parts: 2), columnCuts: Cuts(even: n, parts: 5)), ragged,
    ]
  }
}

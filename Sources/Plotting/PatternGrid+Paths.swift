// A grid of counts as one SVG path per colour: each run of equally coloured cells in a row is one stroke,
// "m dx dy h length" in cell coordinates, one unit thick. Seven or eight bytes a run and at most one
// run a cell: 320 x 320 cells stay below 1 MB whatever the pattern.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension PatternGrid {
  /// For each of `colors` colours the strokes of the cells that have it: the logarithm of the count over that
  /// of the largest count chooses it. When no cell has more than one entry, all have the last colour but one.
  func paths(colors: Int) -> [String] {
    var paths = [String](repeating: "", count: colors)
    var ends = [(column: Int, row: Int)](repeating: (0, 0), count: colors)
    let scale = maximum > 1 ? Double(colors - 1) / log(Double(maximum)) : 0
    /// The colour of cell (r, c); nil when it is empty.
    func color(_ r: Int, _ c: Int) -> Int? {
      let count = self[r, c]
      guard count > 0 else { return nil }
      return scale > 0 ? Int((log(Double(count)) * scale).rounded()) : colors - 2
    }
    for r in 0..<cellRows {
      var c = 0
      while c < cellColumns {
        let start = c
        let found = color(r, c)
        repeat { c += 1 } while c < cellColumns && color(r, c) == found
        guard let found else { continue }
        // The first move is from the corner of the picture to the middle of the row.
        let end = ends[found]
        paths[found] += paths[found].isEmpty ? "m\(start) \(r).5" : "m\(start - end.column) \(r - end.row)"
        paths[found] += "h\(c - start)"
        ends[found] = (c, r)
      }
    }
    return paths
  }
}

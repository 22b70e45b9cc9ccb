// The pattern in a terminal: Braille characters hold 2 x 4 dots each, and a dot is set where its part of
// the matrix has an entry. A matrix that fits shows one dot a place.

/// The bits of a Braille character's dots by row and column (Unicode, block 2800).
private let dotBits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

extension SpyPlot {
  /// The pattern as lines of at most `width` characters, at most `height` of them: a frame with a notch at
  /// each boundary, and below it the shape, which is not cut.
  public func braille(width: Int = 80, height: Int = 24) -> String {
    let dots = fitted(width: Double(2 * max(1, width - 2)), height: Double(4 * max(1, height - 3)))
    let cells = grid.coarsened(
      atMost: max(1, Int(dots.height.rounded())), by: max(1, Int(dots.width.rounded())))
    let lines = (cells.cellRows + 3) / 4
    let characters = (cells.cellColumns + 1) / 2

    let notchedRows = Set(rowBoundaries.map { $0 / cells.rowsPerCell / 4 })
    let notchedColumns = Set(columnBoundaries.map { $0 / cells.columnsPerCell / 2 })
    func rule(_ left: String, _ notch: String, _ right: String) -> String {
      left + (0..<characters).map { $0 > 0 && notchedColumns.contains($0) ? notch : "─" }.joined() + right
    }
    var text = rule("┌", "┬", "┐") + "\n"
    for line in 0..<lines {
      let isNotched = line > 0 && notchedRows.contains(line)
      text += isNotched ? "├" : "│"
      for character in 0..<characters {
        text.unicodeScalars.append(braille(cells, line: line, character: character))
      }
      text += isNotched ? "┤\n" : "│\n"
    }
    return text + rule("└", "┴", "┘") + "\n" + summary + "\n"
  }

  private func braille(_ cells: PatternGrid, line: Int, character: Int) -> Unicode.Scalar {
    var bits: UInt32 = 0
    for r in 0..<min(4, cells.cellRows - 4 * line) {
      for c in 0..<min(2, cells.cellColumns - 2 * character)
      where cells[4 * line + r, 2 * character + c] > 0 {
        bits |= dotBits[r][c]
      }
    }
    return Unicode.Scalar(0x2800 + bits) ?? " "
  }
}

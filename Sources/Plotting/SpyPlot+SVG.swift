// The pattern as SVG: title and shape, the matrix in a frame with its row and column numbers, the partition's
// boundaries over it, and below it what the colours and cells mean.

internal import TesseraInstrumentation

extension SpyPlot {
  /// The picture.
  public func svg() -> SVGDocument {
    var picture = SpyPicture(self)
    picture.draw()
    return picture.document
  }

  /// The cells to draw. A handful of entries on a fine grid would be specks: they get larger cells.
  fileprivate var drawnGrid: PatternGrid {
    let occupied = grid.counts.count { $0 > 0 }
    let isBinned = grid.rowsPerCell > 1 && grid.columnsPerCell > 1
    return isBinned && 4 * occupied < grid.cellRows + grid.cellColumns
      ? grid.coarsened(atMost: Self.maximumCells / 2, by: Self.maximumCells / 2) : grid
  }
}

/// A pattern's picture under construction.
private struct SpyPicture {
  private let plot: SpyPlot
  private let grid: PatternGrid
  private let frame: PlotFrame
  private let rows: Scale
  private let columns: Scale
  private(set) var document: SVGDocument

  /// Lays the picture out: the frame has the matrix's proportions and its places are at most 40 pixels wide.
  init(_ plot: SpyPlot) {
    self.plot = plot
    grid = plot.drawnGrid
    let side = min(560, max(160, 40 * Double(max(grid.rows, grid.columns))))
    let size = plot.fitted(width: side, height: side)
    rows = .indices(grid.rows, base: plot.indexBase, ticks: size.height < 250 ? 4 : 8)
    columns = .indices(grid.columns, base: plot.indexBase, ticks: size.width < 250 ? 3 : 8)
    let labels = rows.ticks.map { textWidth($0.label, size: 11) }.max() ?? 0
    let top = plot.title == nil ? 82.0 : 104
    frame = PlotFrame(x: 50 + labels, y: top, width: size.width, height: size.height)
    let texts = max(textWidth(plot.title ?? "", size: 15), textWidth(plot.summary, size: 12))
    let foot = (grid.maximum > 1 ? 24.0 : 0) + (grid.isBinned ? 20 : 0)
    document = SVGDocument(
      width: max(frame.x + size.width + 28, texts + 48).rounded(.up),
      height: (frame.y + size.height + foot + 22).rounded(.up),
      title: [plot.title, plot.summary].compactMap { $0 }.joined(separator: ": "))
  }

  mutating func draw() {
    if let title = plot.title { document.text(title, x: 24, y: 28, size: 15, isBold: true) }
    document.text(plot.summary, x: 24, y: frame.y - 56, color: Palette.muted)
    drawNumbers()
    document.rect(
      x: frame.x, y: frame.y, width: frame.width, height: frame.height, .filled(Palette.field))
    if grid.maximum > 0 {
      drawCells()
    } else {
      document.text(
        "no entries", x: frame.across(0.5), y: frame.up(0.5) + 4, anchor: .middle, color: Palette.muted)
    }
    drawBoundaries()
    document.rect(
      x: frame.x, y: frame.y, width: frame.width, height: frame.height, .stroked(Palette.frame))
    drawKey()
  }

  /// Row numbers on the left, from the top; column numbers above, as in a matrix.
  private mutating func drawNumbers() {
    for tick in columns.ticks {
      let x = frame.across(columns.position(tick.value))
      document.line(x1: x, y1: frame.y - 4, x2: x, y2: frame.y, .stroked(Palette.frame))
      document.text(tick.label, x: x, y: frame.y - 8, size: 11, anchor: .middle, color: Palette.muted)
    }
    for tick in rows.ticks {
      let y = frame.up(1 - rows.position(tick.value))
      document.line(x1: frame.x - 4, y1: y, x2: frame.x, y2: y, .stroked(Palette.frame))
      document.text(tick.label, x: frame.x - 8, y: y + 4, size: 11, anchor: .end, color: Palette.muted)
    }
    document.text(
      counted(grid.columns, "column"), x: frame.across(0.5), y: frame.y - 26, anchor: .middle,
      color: Palette.muted)
    document.text(
      counted(grid.rows, "row"), x: 30, y: frame.up(0.5), anchor: .middle, color: Palette.muted,
      rotation: -90)
  }

  /// The cells, with thin gaps between those that are large enough to be told apart.
  private mutating func drawCells() {
    let across = Double(grid.columns) / Double(grid.columnsPerCell)
    let down = Double(grid.rows) / Double(grid.rowsPerCell)
    document.cells(
      x: frame.x, y: frame.y, width: frame.width, height: frame.height, columns: across, rows: down
    ) { document in
      for (path, color) in zip(grid.paths(colors: Palette.counts.count), Palette.counts)
      where !path.isEmpty {
        document.path(path, .stroked(color))
      }
    }
    let columnGaps =
      frame.width / across >= 6 ? (1..<max(2, grid.cellColumns)).map { Double($0) / across } : []
    let rowGaps = frame.height / down >= 6 ? (1..<max(2, grid.cellRows)).map { Double($0) / down } : []
    drawLines(columns: columnGaps, rows: rowGaps, .stroked(Palette.field))
  }

  /// Lines at the boundaries, at most one a pixel.
  private mutating func drawBoundaries() {
    func shares(_ boundaries: [Int], of count: Int, _ pixels: Double) -> [Double] {
      let inside = boundaries.filter { $0 > 0 && $0 < count }
      return Set(inside.map { (Double($0) / Double(count) * pixels).rounded() / pixels }).sorted()
    }
    drawLines(
      columns: shares(plot.columnBoundaries, of: grid.columns, frame.width),
      rows: shares(plot.rowBoundaries, of: grid.rows, frame.height),
      .stroked(Palette.boundary, width: 1.2))
  }

  /// Lines across the frame at the given shares of its width and of its height from the top.
  private mutating func drawLines(columns: [Double], rows: [Double], _ style: SVGStyle) {
    let path =
      columns.map { "M\(short(frame.across($0))) \(short(frame.y))v\(short(frame.height))" }
      + rows.map { "M\(short(frame.x)) \(short(frame.up(1 - $0)))h\(short(frame.width))" }
    if !path.isEmpty { document.path(path.joined(), style) }
  }

  /// The colours from few to many with the counts at both ends, and the size of a cell.
  private mutating func drawKey() {
    var y = frame.y + frame.height + 26
    if grid.maximum > 1 {
      document.text("1", x: frame.x, y: y, color: Palette.muted)
      for (k, color) in Palette.counts.enumerated() {
        document.rect(x: frame.x + 14 + 20 * Double(k), y: y - 10, width: 20, height: 11, .filled(color))
      }
      document.text(
        Text.grouped(grid.maximum) + (grid.isBinned ? " per cell" : " per place"),
        x: frame.x + 22 + 20 * Double(Palette.counts.count), y: y, color: Palette.muted)
      y += 22
    }
    guard grid.isBinned else { return }
    document.text(
      "each cell: \(Text.grouped(grid.rowsPerCell)) × \(Text.grouped(grid.columnsPerCell)) places",
      x: frame.x, y: y, color: Palette.muted)
  }
}

extension PatternGrid {
  /// Whether a cell is more than one place of the matrix.
  fileprivate var isBinned: Bool { rowsPerCell > 1 || columnsPerCell > 1 }
}

/// "1 row", "2,000 rows"
private func counted(_ count: Int, _ noun: String) -> String {
  "\(Text.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}

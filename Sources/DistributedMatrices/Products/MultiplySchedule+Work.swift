// A schedule as the workers are told it: what the cells do in one panel, and where the operands' parts go.

import TesseraPartitioning

extension MultiplySchedule {
  /// What the cells do in one panel.
  func work(panel: Int, fillsUp: Bool, isTriangular: Bool) -> CellWork {
    var (rows, columns) = (rowRanges, columnRanges)
    switch plan.streaming {
    case .none: break
    case .rows(let panels): rows = rows.map { $0.part(panel, of: panels) }
    case .columns(let panels): columns = columns.map { $0.part(panel, of: panels) }
    }
    var touchedBounds: [Int] = []
    if let touched {
      for i in 0..<grid.rows {
        for j in 0..<grid.columns {
          let ranks = touched.positions(i, j).ranks
          touchedBounds += cuts.inner.bounds.map { ranks[$0] }
        }
      }
    }
    return CellWork(
      rows: cuts.rows, inner: cuts.inner, columns: cuts.columns, grid: grid, rowRanges: rows.spans,
      innerRanges: innerRanges.spans, columnRanges: columns.spans, fillsUp: fillsUp,
      isTriangular: isTriangular, touchedBounds: touchedBounds, rowParts: cuts.rowParts,
      columnParts: cuts.columnParts)
  }

  /// Where the parts of an operand go.
  func route<S>(of operand: ProductOperand<S>, isLeft: Bool, _ work: CellWork) -> OperandRoute {
    func positions(_ ranges: [Int], _ cuts: Cuts) -> [Int] { ranges.map { cuts.bounds[$0] } }
    let inner = positions(work.innerRanges, cuts.inner)
    return OperandRoute(
      operand.layout, isLeft: isLeft, grid: grid,
      rowSpans: isLeft ? positions(work.rowRanges, cuts.rows) : inner,
      columnSpans: isLeft ? inner : positions(work.columnRanges, cuts.columns), touched: touched)
  }

  /// Counts what the cells touch, where it lies: the pieces are cut, measured and let go. One step for each
  /// operand and panel, one integer for each piece.
  mutating func countTouched<S>(_ left: ProductOperand<S>, _ right: ProductOperand<S>) async throws {
    for (operand, isLeft) in [(left, true), (right, false)] {
      let isInPanels = isLeft ? plan.streaming.takesRows : plan.streaming.takesColumns
      var pieces: [PieceSize] = []
      for panel in 0..<(isInPanels ? plan.streaming.panels : 1) {
        let work = work(panel: panel, fillsUp: false, isTriangular: false)
        pieces += try await operand.pieceSizes(route(of: operand, isLeft: isLeft, work))
      }
      count(pieces, isLeft: isLeft)
    }
  }
}

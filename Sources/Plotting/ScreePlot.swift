// Singular values in falling order, and the share of the sum of all squares (the Frobenius norm squared)
// that the first k of them hold: where a truncation may cut. The values' axis is logarithmic when they
// span more than two decades; zeros then stand at its floor, as hollow circles.

internal import TesseraInstrumentation

/// A plot of singular values.
public struct ScreePlot: Sendable {
  /// The values, in the order in which they are drawn.
  public var singularValues: [Double]
  /// The Frobenius norm, whose square is the sum of the squares of all singular values; nil takes the given
  /// values for all.
  public var frobeniusNorm: Double?
  /// The title.
  public var title: String

  /// A plot of the given values. Values that are not finite are left out, and the picture says so.
  public init(
    singularValues: [Double], frobeniusNorm: Double? = nil, title: String = "Singular values"
  ) {
    self.singularValues = singularValues
    self.frobeniusNorm = frobeniusNorm
    self.title = title
  }

  /// The picture.
  public func svg() -> SVGDocument {
    let drawn = singularValues.enumerated().filter { $0.element.isFinite }
    let values = LogarithmicFit(drawn.map(\.element), unlessWithin: 100)
    let indices = Scale.indices(singularValues.count, base: 1, ticks: 10)
    let percent = Scale.percent
    let share = cumulativeShares()
    let labels = values.scale.ticks.map { textWidth($0.label, size: 11) }.max() ?? 0
    let notes = [values.note, notFiniteNote].compactMap { $0 }
    let frame = PlotFrame(x: 52 + labels, y: 80, width: 600, height: 340)
    var picture = SVGDocument(
      width: (frame.x + frame.width + 84).rounded(.up),
      height: frame.y + frame.height + 60 + 18 * Double(notes.count), title: title)

    picture.text(title, x: 24, y: 28, size: 15, isBold: true)
    let (valueStyle, shareStyle) = (
      SVGStyle.stroked(Palette.series[0], width: 1.5),
      SVGStyle.stroked(Palette.series[1], width: 1.5, dashes: [6, 3])
    )
    let whole = frobeniusNorm == nil ? "the squares shown" : "all squares"
    drawLegend(
      [
        LegendEntry(label: "singular value", style: valueStyle, hasMarker: true),
        LegendEntry(label: "cumulative share of \(whole)", style: shareStyle),
      ], x: frame.x, y: 60, width: frame.width, on: &picture)
    frame.drawAxes(indices, "index", values.scale, "singular value", on: &picture)
    frame.drawRightAxis(percent, "cumulative share", color: Palette.series[1], on: &picture)

    func across(_ index: Int) -> Double { frame.across(indices.position(Double(index + 1))) }
    picture.polyline(
      share.map { (across($0.offset), frame.up($0.element)) }, shareStyle)
    let points = drawn.map { (x: across($0.offset), y: frame.up(values.scale.position($0.element))) }
    picture.polyline(points, valueStyle)
    // Markers that would touch each other are noise: the line says as much.
    if points.count <= 80 {
      for (point, value) in zip(points, drawn) {
        picture.circle(
          x: point.x, y: point.y, radius: 3.2,
          value.element > 0 || !values.scale.isLogarithmic
            ? .filled(Palette.series[0])
            : SVGStyle(fill: Palette.background, stroke: Palette.series[0], strokeWidth: 1.5, dashes: []))
      }
    }
    for (k, note) in notes.enumerated() {
      picture.text(
        note, x: frame.x, y: frame.y + frame.height + 58 + 18 * Double(k), size: 11,
        color: Palette.muted)
    }
    return picture
  }

  private var notFiniteNote: String? {
    let count = singularValues.count { !$0.isFinite }
    guard count > 0 else { return nil }
    return count == 1
      ? "1 value that is not finite is left out"
      : "\(Text.grouped(count)) values that are not finite are left out"
  }

  /// For each finite value the share of the total that it and those before it hold, between 0 and 1.
  func cumulativeShares() -> [(offset: Int, element: Double)] {
    let drawn = singularValues.enumerated().filter { $0.element.isFinite }
    // Scaled by the largest, so that no square overflows.
    let unit = drawn.map(\.element.magnitude).max() ?? 0
    guard unit > 0 else { return [] }
    let squares = drawn.map { ($0.element / unit) * ($0.element / unit) }
    let shown = squares.reduce(0, +)
    let total = frobeniusNorm.map { ($0 / unit) * ($0 / unit) } ?? shown
    guard total > 0, total.isFinite else { return [] }
    var sum = 0.0
    return zip(drawn, squares).map { value, square in
      sum += square
      return (value.offset, min(1, sum / total))
    }
  }
}

// Residuals against iterations or passes, one line per series, on a logarithmic axis.

internal import TesseraInstrumentation

/// A plot of how residuals fall.
public struct ConvergencePlot: Sendable {
  /// The residuals of one run.
  public struct Series: Sendable, Equatable {
    /// What the legend calls it.
    public var name: String
    /// The residuals, not negative.
    public var residuals: [Double]
    /// The iteration or pass after which each was taken; as many as there are residuals.
    public var steps: [Double]

    /// Residuals after steps 1, 2, 3 and so on, or after the given ones.
    ///
    /// - Precondition: as many steps as residuals, when given.
    public init(name: String, residuals: [Double], steps: [Double]? = nil) {
      precondition(steps.map { $0.count == residuals.count } ?? true, "steps and residuals differ in number")
      self.name = name
      self.residuals = residuals
      self.steps = steps ?? residuals.indices.map { Double($0 + 1) }
    }
  }

  /// The lines.
  public var series: [Series]
  /// A level at which the iteration was to stop, drawn across.
  public var tolerance: Double?
  /// What the horizontal axis counts.
  public var stepName: String
  /// What the vertical axis shows.
  public var residualName: String
  /// The title.
  public var title: String

  /// A plot of the given series. Residuals that are not finite interrupt their line.
  public init(
    series: [Series], tolerance: Double? = nil, stepName: String = "iteration",
    residualName: String = "residual", title: String = "Convergence"
  ) {
    self.series = series
    self.tolerance = tolerance
    self.stepName = stepName
    self.residualName = residualName
    self.title = title
  }

  /// The picture.
  public func svg() -> SVGDocument {
    let level = tolerance.flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    let residuals = series.flatMap(\.residuals).filter(\.isFinite)
    let values = LogarithmicFit(residuals + (level.map { [$0] } ?? []), unlessWithin: 1)
    let steps = series.flatMap(\.steps).filter(\.isFinite)
    let across = Scale.linear(
      min(0, steps.min() ?? 0), steps.max() ?? 1, ticks: 10,
      whole: steps.allSatisfy { $0 == $0.rounded() })
    var entries = series.enumerated().map { k, one in
      LegendEntry(label: one.name, style: style(k), hasMarker: hasMarkers(one))
    }
    let levelStyle = SVGStyle.stroked(Palette.muted, dashes: [2, 3])
    if let level {
      entries.append(LegendEntry(label: "tolerance \(Text.significant(level))", style: levelStyle))
    }

    let labels = values.scale.ticks.map { textWidth($0.label, size: 11) }.max() ?? 0
    var frame = PlotFrame(x: 52 + labels, y: 54, width: 600, height: 340)
    // Drawn once on a scratch picture to learn how many lines the legend takes.
    var scratch = SVGDocument(width: 0, height: 0, title: "")
    frame.y += drawLegend(entries, x: frame.x, y: 58, width: frame.width, on: &scratch)
    var picture = SVGDocument(
      width: (frame.x + frame.width + 32).rounded(.up),
      height: frame.y + frame.height + (values.note == nil ? 56 : 74), title: title)

    picture.text(title, x: 24, y: 28, size: 15, isBold: true)
    drawLegend(entries, x: frame.x, y: 58, width: frame.width, on: &picture)
    frame.drawAxes(across, stepName, values.scale, residualName, on: &picture)
    if let level {
      let y = frame.up(values.scale.position(level))
      picture.line(x1: frame.x, y1: y, x2: frame.x + frame.width, y2: y, levelStyle)
    }
    for (k, one) in series.enumerated() {
      draw(one, style(k), across, values.scale, in: frame, on: &picture)
    }
    if let note = values.note {
      picture.text(
        note, x: frame.x, y: frame.y + frame.height + 60, size: 11, color: Palette.muted)
    }
    return picture
  }

  private func draw(
    _ series: Series, _ style: SVGStyle, _ across: Scale, _ up: Scale, in frame: PlotFrame,
    on picture: inout SVGDocument
  ) {
    let pairs = Array(zip(series.steps, series.residuals))
    for piece in pairs.split(whereSeparator: { !$0.0.isFinite || !$0.1.isFinite }) {
      let points = piece.map {
        (x: frame.across(across.position($0.0)), y: frame.up(up.position($0.1)))
      }
      picture.polyline(points, style)
      guard hasMarkers(series) || points.count == 1 else { continue }
      for point in points {
        picture.circle(x: point.x, y: point.y, radius: 2.8, .filled(style.stroke ?? Palette.text))
      }
    }
  }

  /// Each series has its colour; beyond the colours, also its dashes.
  private func style(_ k: Int) -> SVGStyle {
    let dashes: [[Double]] = [[], [7, 3], [2, 2], [8, 3, 2, 3]]
    let colors = Palette.series
    return .stroked(colors[k % colors.count], width: 1.6, dashes: dashes[k / colors.count % dashes.count])
  }

  private func hasMarkers(_ series: Series) -> Bool { series.residuals.count <= 60 }
}

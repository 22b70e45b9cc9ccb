// Lengths to be compared, as horizontal bars in panels, one panel below the other, each with an axis of its own
// that begins at zero. A part of a bar may be hatched: the part of a time that was spent waiting.

internal import TesseraInstrumentation

/// Bars in panels.
public struct BarChart: Sendable {
  /// One bar.
  public struct Bar: Sendable, Equatable {
    /// What stands to its left.
    public var label: String
    /// Which of the chart's series it belongs to: its colour.
    public var series: Int
    /// Its length.
    public var value: Double
    /// How much of the length, at the end of the bar, is hatched.
    public var hatched: Double
    /// What stands to its right.
    public var note: String

    /// A bar of the given length.
    public init(label: String, series: Int, value: Double, hatched: Double = 0, note: String = "") {
      self.label = label
      self.series = series
      self.value = value
      self.hatched = hatched
      self.note = note
    }
  }

  /// Bars with one axis.
  public struct Panel: Sendable, Equatable {
    /// What stands above them.
    public var title: String
    /// The bars, from the top.
    public var bars: [Bar]

    /// A panel of the given bars.
    public init(title: String, bars: [Bar]) {
      self.title = title
      self.bars = bars
    }
  }

  /// The panels, from the top.
  public var panels: [Panel]
  /// What the legend calls the series.
  public var seriesNames: [String]
  /// What the legend calls the hatched part; nil when nothing is hatched.
  public var hatchedName: String?
  /// What the axes show, with its unit.
  public var axisName: String
  /// The title.
  public var title: String

  /// A chart of the given panels. Lengths that are not finite or negative are drawn as zero.
  public init(
    panels: [Panel], seriesNames: [String], hatchedName: String? = nil, axisName: String, title: String
  ) {
    self.panels = panels
    self.seriesNames = seriesNames
    self.hatchedName = hatchedName
    self.axisName = axisName
    self.title = title
  }

  private static let pitch = 24.0
  private static let thickness = 16.0
  /// Above a panel's bars for its title, and below them for its axis.
  private static let (above, below) = (34.0, 32.0)

  /// The picture.
  public func svg() -> SVGDocument {
    let bars = panels.flatMap(\.bars)
    let labels = bars.map { textWidth($0.label, size: 12) }.max() ?? 0
    let notes = bars.map { textWidth($0.note, size: 11) }.max() ?? 0
    let (left, width) = (24 + labels + 10, 460.0)
    let pictureWidth = max(left + width + notes + 32, 24 + textWidth(title, size: 15) + 24).rounded(.up)
    // Drawn once on a scratch picture to learn how many lines the legend takes.
    var scratch = SVGDocument(width: 0, height: 0, title: "")
    let legend = drawLegend(left: left, width: width, on: &scratch)
    let heights = panels.map { Self.above + Self.pitch * Double($0.bars.count) + Self.below }
    var picture = SVGDocument(
      width: pictureWidth, height: 44 + legend + heights.reduce(0, +) + 28, title: title)
    picture.text(title, x: 24, y: 28, size: 15, isBold: true)
    drawLegend(left: left, width: width, on: &picture)
    var top = 44 + legend
    for (panel, height) in zip(panels, heights) {
      draw(panel, x: left, y: top, width: width, on: &picture)
      top += height
    }
    picture.text(axisName, x: left + width / 2, y: top + 10, anchor: .middle, color: Palette.muted)
    return picture
  }

  @discardableResult
  private func drawLegend(left: Double, width: Double, on picture: inout SVGDocument) -> Double {
    var (x, y) = (left, 58.0)
    func place(_ name: String) {
      let needed = 28 + textWidth(name, size: 12) + 18
      if x > left, x + needed > left + width { (x, y) = (left, y + 20) }
      picture.text(name, x: x + 28, y: y, color: Palette.muted)
    }
    for (k, name) in seriesNames.enumerated() {
      place(name)
      picture.rect(x: x, y: y - 10, width: 20, height: 12, .filled(color(k)))
      x += 28 + textWidth(name, size: 12) + 18
    }
    if let hatchedName {
      place(hatchedName)
      hatch(x: x, y: y - 10, width: 20, height: 12, Palette.text, on: &picture)
    }
    return y - 58 + 26
  }

  private func draw(
    _ panel: Panel, x: Double, y: Double, width: Double, on picture: inout SVGDocument
  ) {
    let lengths = panel.bars.map { length($0.value) }
    let axis = Scale.linear(0, lengths.max().flatMap { $0 > 0 ? $0 : nil } ?? 1)
    let height = Self.pitch * Double(panel.bars.count)
    let frame = PlotFrame(x: x, y: y + Self.above - 8, width: width, height: height)
    picture.text(panel.title, x: 24, y: y + 14, size: 13, isBold: true)
    for tick in axis.ticks {
      let across = frame.across(axis.position(tick.value))
      picture.line(x1: across, y1: frame.y, x2: across, y2: frame.y + height, .stroked(Palette.grid))
      picture.text(
        tick.label, x: across, y: frame.y + height + 14, size: 11, anchor: .middle, color: Palette.muted)
    }
    for (k, bar) in panel.bars.enumerated() {
      let top = frame.y + Self.pitch * Double(k) + (Self.pitch - Self.thickness) / 2
      let end = frame.across(axis.position(lengths[k]))
      let solid = frame.across(axis.position(lengths[k] - min(lengths[k], length(bar.hatched))))
      picture.rect(x: x, y: top, width: solid - x, height: Self.thickness, .filled(color(bar.series)))
      if end > solid {
        hatch(
          x: solid, y: top, width: end - solid, height: Self.thickness, color(bar.series), on: &picture)
      }
      picture.text(bar.label, x: x - 10, y: top + 12, anchor: .end)
      picture.text(bar.note, x: end + 8, y: top + 12, size: 11, color: Palette.muted)
    }
    picture.line(x1: x, y1: frame.y, x2: x, y2: frame.y + height, .stroked(Palette.frame))
  }

  private func length(_ x: Double) -> Double { x.isFinite ? max(0, x) : 0 }

  private func color(_ series: Int) -> String { Palette.series[series % Palette.series.count] }

  /// A rectangle with rising strokes, cut off at its edges.
  private func hatch(
    x: Double, y: Double, width: Double, height: Double, _ color: String, on picture: inout SVGDocument
  ) {
    let spacing = 6.0
    var strokes = ""
    // A stroke meets the bottom edge at `foot` and the top edge one height further right.
    for foot in stride(from: spacing - height, to: width, by: spacing) {
      let (from, to) = (max(0, foot), min(width, foot + height))
      guard to > from else { continue }
      strokes += "M\(short(x + from)) \(short(y + height - (from - foot)))"
      strokes += "L\(short(x + to)) \(short(y + height - (to - foot)))"
    }
    if !strokes.isEmpty { picture.path(strokes, .stroked(color)) }
    picture.rect(x: x, y: y, width: width, height: height, .stroked(color))
  }
}

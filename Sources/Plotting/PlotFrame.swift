// The rectangle in which a plot draws, with its axes around it: grid lines, ticks, labels and titles.

/// A rectangle of a picture with axes.
struct PlotFrame {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  /// Where a share of the width lies, counted from the left.
  func across(_ share: Double) -> Double { x + share * width }
  /// Where a share of the height lies, counted from the bottom.
  func up(_ share: Double) -> Double { y + (1 - share) * height }

  /// Draws a grid over the frame, the bottom axis and the left axis.
  func drawAxes(
    _ bottom: Scale, _ bottomTitle: String, _ left: Scale, _ leftTitle: String,
    on picture: inout SVGDocument
  ) {
    for tick in left.ticks {
      let y = up(left.position(tick.value))
      picture.line(x1: x, y1: y, x2: x + width, y2: y, .stroked(Palette.grid))
      picture.text(tick.label, x: x - 8, y: y + 4, size: 11, anchor: .end, color: Palette.muted)
    }
    for tick in bottom.ticks {
      let x = across(bottom.position(tick.value))
      picture.line(x1: x, y1: y + height, x2: x, y2: y + height + 4, .stroked(Palette.frame))
      picture.text(
        tick.label, x: x, y: y + height + 18, size: 11, anchor: .middle, color: Palette.muted)
    }
    picture.rect(x: x, y: y, width: width, height: height, .stroked(Palette.frame))
    picture.text(
      bottomTitle, x: x + width / 2, y: y + height + 40, anchor: .middle, color: Palette.muted)
    let margin = left.ticks.map { textWidth($0.label, size: 11) }.max() ?? 0
    picture.text(
      leftTitle, x: x - margin - 20, y: y + height / 2, anchor: .middle, color: Palette.muted,
      rotation: -90)
  }

  /// Draws an axis along the right edge.
  func drawRightAxis(_ right: Scale, _ title: String, color: String, on picture: inout SVGDocument) {
    for tick in right.ticks {
      let y = up(right.position(tick.value))
      picture.line(x1: x + width, y1: y, x2: x + width + 4, y2: y, .stroked(Palette.frame))
      picture.text(tick.label, x: x + width + 8, y: y + 4, size: 11, color: color)
    }
    let margin = right.ticks.map { textWidth($0.label, size: 11) }.max() ?? 0
    picture.text(
      title, x: x + width + margin + 22, y: y + height / 2, anchor: .middle, color: color, rotation: 90)
  }
}

/// A line of the legend: a sample of the line and what it means.
struct LegendEntry {
  var label: String
  var style: SVGStyle
  var hasMarker = false
}

/// Draws a legend whose first baseline is at `y`, wrapped at `width`; returns the height it takes.
@discardableResult
func drawLegend(
  _ entries: [LegendEntry], x: Double, y: Double, width: Double, on picture: inout SVGDocument
) -> Double {
  var (left, baseline) = (x, y)
  for entry in entries {
    let needed = 34 + textWidth(entry.label, size: 12) + 18
    if left > x, left + needed > x + width { (left, baseline) = (x, baseline + 20) }
    picture.line(x1: left, y1: baseline - 4, x2: left + 26, y2: baseline - 4, entry.style)
    if entry.hasMarker {
      picture.circle(
        x: left + 13, y: baseline - 4, radius: 3, .filled(entry.style.stroke ?? Palette.text))
    }
    picture.text(entry.label, x: left + 34, y: baseline, color: Palette.muted)
    left += needed
  }
  return entries.isEmpty ? 0 : baseline - y + 20
}

/// About how wide a text is, in pixels, rather more than less: fonts differ.
func textWidth(_ text: String, size: Double) -> Double { 0.61 * size * Double(text.count) }

// A picture in SVG 1.1: the few elements that plots need, each one line of text. No scripts, no external
// files; a light background and the reader's own sans-serif font. Coordinates are pixels from the top left
// corner, printed with at most two decimals.

public import TesseraInstrumentation

/// How an element is painted. Colours are SVG colours; nil paints nothing.
public struct SVGStyle: Sendable, Equatable {
  /// Colour of the inside.
  public var fill: String?
  /// Colour of the outline.
  public var stroke: String?
  /// Width of the outline in pixels.
  public var strokeWidth: Double
  /// Lengths of dashes and gaps in pixels; empty for an unbroken line.
  public var dashes: [Double]

  /// Fills with a colour, without an outline.
  public static func filled(_ color: String) -> SVGStyle {
    SVGStyle(fill: color, stroke: nil, strokeWidth: 0, dashes: [])
  }

  /// Draws an outline, without filling.
  public static func stroked(_ color: String, width: Double = 1, dashes: [Double] = []) -> SVGStyle {
    SVGStyle(fill: nil, stroke: color, strokeWidth: width, dashes: dashes)
  }

  var attributes: String {
    var text = #" fill="\#(escaped(fill ?? "none"))""#
    if let stroke {
      text += #" stroke="\#(escaped(stroke))" stroke-width="\#(short(strokeWidth))""#
      if !dashes.isEmpty { text += #" stroke-dasharray="\#(dashes.map(short).joined(separator: " "))""# }
    }
    return text
  }
}

/// A picture under construction; `description` is the file.
public struct SVGDocument: Sendable {
  /// Which point of a text stands at its coordinates.
  public enum Anchor: String, Sendable {
    case start, middle, end
  }

  /// Width in pixels.
  public let width: Double
  /// Height in pixels.
  public let height: Double
  /// What the picture shows, for readers who cannot see it.
  public let title: String
  private var body = ""

  /// An empty picture on a white background.
  public init(width: Double, height: Double, title: String) {
    self.width = width
    self.height = height
    self.title = title
    rect(x: 0, y: 0, width: width, height: height, .filled(Palette.background))
  }

  /// A rectangle, (x, y) its top left corner.
  public mutating func rect(x: Double, y: Double, width: Double, height: Double, _ style: SVGStyle) {
    body += #"<rect x="\#(short(x))" y="\#(short(y))" width="\#(short(width))" "#
    body += #"height="\#(short(height))"\#(style.attributes)/>"# + "\n"
  }

  /// A straight line from (x1, y1) to (x2, y2).
  public mutating func line(x1: Double, y1: Double, x2: Double, y2: Double, _ style: SVGStyle) {
    body += #"<line x1="\#(short(x1))" y1="\#(short(y1))" x2="\#(short(x2))" "#
    body += #"y2="\#(short(y2))"\#(style.attributes)/>"# + "\n"
  }

  /// Straight lines from point to point.
  public mutating func polyline(_ points: [(x: Double, y: Double)], _ style: SVGStyle) {
    let list = points.map { "\(short($0.x)),\(short($0.y))" }.joined(separator: " ")
    body += #"<polyline points="\#(list)" stroke-linejoin="round"\#(style.attributes)/>"# + "\n"
  }

  /// A circle around (x, y).
  public mutating func circle(x: Double, y: Double, radius: Double, _ style: SVGStyle) {
    body += #"<circle cx="\#(short(x))" cy="\#(short(y))" r="\#(short(radius))"\#(style.attributes)/>"# + "\n"
  }

  /// A path in SVG's path language.
  public mutating func path(_ data: String, _ style: SVGStyle) {
    body += #"<path d="\#(escaped(data))"\#(style.attributes)/>"# + "\n"
  }

  /// A line of text whose baseline starts, is centred or ends at (x, y), turned by `rotation` degrees
  /// clockwise around that point.
  public mutating func text(
    _ text: String, x: Double, y: Double, size: Double = 12, anchor: Anchor = .start,
    color: String = Palette.text, isBold: Bool = false, rotation: Double = 0
  ) {
    body += #"<text x="\#(short(x))" y="\#(short(y))" font-size="\#(short(size))" fill="\#(escaped(color))""#
    if anchor != .start { body += #" text-anchor="\#(anchor)""# }
    if isBold { body += #" font-weight="600""# }
    if rotation != 0 { body += #" transform="rotate(\#(short(rotation)) \#(short(x)) \#(short(y)))""# }
    body += ">\(escaped(text))</text>\n"
  }

  /// Draws in other coordinates: those from (0, 0) to (columns, rows) fill the given rectangle, and what lies
  /// outside is cut off. Edges are not smoothed, so that neighbouring cells leave no seam.
  public mutating func cells(
    x: Double, y: Double, width: Double, height: Double, columns: Double, rows: Double,
    _ draw: (inout SVGDocument) -> Void
  ) {
    body += #"<svg x="\#(short(x))" y="\#(short(y))" width="\#(short(width))" height="\#(short(height))" "#
    body += #"viewBox="0 0 \#(columns) \#(rows)" preserveAspectRatio="none" shape-rendering="crispEdges">"#
    body += "\n"
    draw(&self)
    body += "</svg>\n"
  }

  /// Writes the picture into a file, which appears whole or not at all.
  ///
  /// - Throws: `OutputError` when the file cannot be created or written.
  public func write(toFile path: String) throws(OutputError) {
    try TextFile.write(to: path) { $0.write(description) }
  }
}

extension SVGDocument: CustomStringConvertible {
  /// The SVG file as text.
  public var description: String {
    let size = #"width="\#(short(width))" height="\#(short(height))""#
    return #"<svg xmlns="http://www.w3.org/2000/svg" \#(size) "#
      + #"viewBox="0 0 \#(short(width)) \#(short(height))" role="img" "#
      + #"font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif">"#
      + "\n<title>\(escaped(title))</title>\n\(body)</svg>\n"
  }
}

/// A number with at most two decimals and no needless zeros; zero for what is no number.
func short(_ x: Double) -> String {
  guard x.isFinite else { return "0" }
  var text = Text.fixed(x, 2)
  if text.contains(".") {
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
  }
  return text
}

/// Text as XML holds it; characters that XML cannot hold at all are replaced.
func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "\0"..<" ", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

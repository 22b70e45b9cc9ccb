// Colours that stay apart for colour-blind readers and in print: Okabe and Ito's set for lines (Wong,
// Points of View: Color Blindness, Nature Methods 8, 2011), one hue from light to dark for counts.

/// The colours of all pictures.
public enum Palette {
  /// The paper.
  public static let background = "#ffffff"
  /// Where a matrix has no entries.
  public static let field = "#f7f9fb"
  /// Titles.
  public static let text = "#1f2933"
  /// Labels and axis titles.
  public static let muted = "#5f6b7a"
  /// Axes and frames.
  public static let frame = "#9aa5b1"
  /// Grid lines.
  public static let grid = "#e4e7eb"
  /// Boundaries drawn over a pattern.
  public static let boundary = "#d55e00"
  /// Lines, in the order in which they are used.
  public static let series = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#444444"]
  /// Counts, from few to many.
  public static let counts = ["#8fc1e3", "#63a4d4", "#3f85c1", "#2667a8", "#134a86", "#08306b"]
}

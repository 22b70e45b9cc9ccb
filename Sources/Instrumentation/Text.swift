// Numbers as people read them: three significant digits and a unit, the same in tables, progress bars and
// pictures. Independent of the locale.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Formats numbers, sizes and durations for people.
public enum Text {
  /// A size in decimal units: "999 B", "1.23 MB".
  public static func bytes(_ count: Int) -> String {
    scaled(Double(count), ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
  }

  /// A number in at most three significant digits: "999", "1.23k", "45.6M".
  public static func compact(_ count: Int) -> String {
    String(scaled(Double(count), ["", "k", "M", "G", "T", "P", "E"]).filter { $0 != " " })
  }

  /// A number in full, its digits in groups of three: "1,234,567".
  public static func grouped(_ count: Int) -> String {
    let digits = Array(String(count.magnitude))
    var text = count < 0 ? "-" : ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// A duration in three significant digits up to a minute, then in whole seconds: "12.3 ms", "4.56 s",
  /// "2 min 03 s", "1 h 02 min".
  public static func duration(nanoseconds: Int) -> String {
    let seconds = Double(nanoseconds) / 1e9
    if seconds < 59.95 { return scaled(Double(nanoseconds), ["ns", "us", "ms", "s"]) }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    let minutes = Int((seconds / 60).rounded())
    return "\(minutes / 60) h \(padded(minutes % 60)) min"
  }

  /// A duration as a clock shows it: "0:07", "12:34", "1:02:03".
  public static func clock(nanoseconds: Int) -> String {
    let seconds = Int((Double(nanoseconds) / 1e9).rounded())
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return hours > 0
      ? "\(hours):\(padded(minutes)):\(padded(seconds % 60))" : "\(minutes):\(padded(seconds % 60))"
  }

  /// A number with exactly `decimals` digits after the point.
  public static func fixed(_ x: Double, _ decimals: Int) -> String {
    let scale = pow(10, Double(decimals))
    guard x.isFinite, (x * scale).magnitude < 9e15 else { return "\(x)" }
    let units = Int((x.magnitude * scale).rounded())
    let sign = x < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(units)" }
    let digits = String(units)
    let text = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + text.dropLast(decimals) + "." + text.suffix(decimals)
  }

  /// A number in three significant digits, without an exponent where it would be longer:
  /// "0.0123", "4.56", "789", "1.20e-07".
  public static func significant(_ x: Double) -> String {
    guard x.isFinite, x != 0 else { return x == 0 ? "0" : "\(x)" }
    let exponent = decimalExponent(x)
    if (-3..<6).contains(exponent) { return fixed(x, max(0, 2 - exponent)) }
    return fixed(mantissa(x, exponent), 2) + "e" + (exponent < 0 ? "-" : "+")
      + padded(Int(exponent.magnitude))
  }

  /// The text with control characters replaced, so that a name from a file cannot steer a terminal.
  public static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 })
    return String(result)
  }

  /// The lines of a table: cells filled up with spaces to the width of their column, two spaces apart.
  /// The first `leading` columns are aligned to the left, the others to the right.
  public static func table(_ rows: [[String]], leading: Int) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { j in rows.map { j < $0.count ? $0[j].count : 0 }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (j, cell) in row.enumerated() {
        let fill = String(repeating: " ", count: widths[j] - cell.count)
        line += (j > 0 ? "  " : "") + (j < leading ? cell + fill : fill + cell)
      }
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  /// The exponent of a finite `x` other than zero in scientific notation, rounded to three digits.
  private static func decimalExponent(_ x: Double) -> Int {
    let exponent = Int(log10(x.magnitude).rounded(.down))
    return mantissa(x, exponent).magnitude >= 9.995 ? exponent + 1 : exponent
  }

  /// x / 10^exponent, in two steps where the power is too small to be represented.
  private static func mantissa(_ x: Double, _ exponent: Int) -> Double {
    exponent < -300
      ? x * 1e300 / pow(10, Double(exponent + 300)) : x / pow(10, Double(exponent))
  }

  /// Three significant digits with the largest of the units, a thousand apart, that leaves at least one.
  private static func scaled(_ x: Double, _ units: [String]) -> String {
    var (value, unit) = (x, 0)
    while value.magnitude >= 999.5, unit + 1 < units.count {
      (value, unit) = (value / 1000, unit + 1)
    }
    let decimals = unit == 0 || value.magnitude >= 99.95 ? 0 : value.magnitude >= 9.995 ? 1 : 2
    return fixed(value, decimals) + " " + units[unit]
  }

  private static func padded(_ x: Int) -> String { x < 10 ? "0\(x)" : "\(x)" }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control
  }
}

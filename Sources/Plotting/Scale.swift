// An axis: which numbers it covers, where they lie on it and where its ticks are. Ticks are at rounded
// numbers: 1, 2 or 5 times a power of ten on a linear axis; decades on a logarithmic one, with 2 and 5
// between when there are few of them, and some left out when there are many.

internal import TesseraInstrumentation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A linear or logarithmic axis over `lower...upper`.
struct Scale: Equatable {
  /// A number on the axis that is written beside it.
  struct Tick: Equatable {
    var value: Double
    var label: String
  }

  private(set) var lower: Double
  private(set) var upper: Double
  private(set) var ticks: [Tick]
  let isLogarithmic: Bool

  /// Where `x` lies: 0 at the lower end, 1 at the upper one; beyond the ends it stays there.
  func position(_ x: Double) -> Double {
    let share =
      isLogarithmic
      ? (log(x) - log(lower)) / (log(upper) - log(lower))
      : (x / 2 - lower / 2) / (upper / 2 - lower / 2)
    return share.isNaN ? 0 : min(1, max(0, share))
  }

  /// A linear axis that covers the finite numbers `lower...upper` and ends on ticks, about `count` of them,
  /// at whole numbers only when asked for.
  static func linear(_ lower: Double, _ upper: Double, ticks count: Int = 6, whole: Bool = false) -> Scale {
    // No axis is narrower than its numbers can resolve: ticks would fall on each other.
    let narrowest = lower == 0 ? .leastNormalMagnitude : 1e-9 * lower.magnitude
    let upper = upper > lower ? max(upper, lower + narrowest) : lower + max(1, lower.magnitude)
    // Halves, because the difference of two finite numbers need not be finite.
    let width = (upper / 2 - lower / 2) / Double(count) * 2
    let step = max(whole ? 1 : 0, roundedStep(width))
    let first = (lower / step).rounded(.down)
    let last = max(first + 1, (upper / step).rounded(.up))
    let values = (0...Int(last - first)).map { (first + Double($0)) * step }.filter(\.isFinite)
    return Scale(
      lower: max(first * step, -.greatestFiniteMagnitude), upper: min(last * step, .greatestFiniteMagnitude),
      ticks: values.map { Tick(value: $0, label: linearLabel($0)) }, isLogarithmic: false)
  }

  /// A logarithmic axis that covers the positive, finite numbers `lower...upper` and ends on ticks, at most
  /// about `count` of them.
  static func logarithmic(_ lower: Double, _ upper: Double, ticks count: Int = 8) -> Scale {
    // Doubles reach from 10^-324 to 10^308; powers of ten below 10^-307 are not exact any more.
    var first = max(-307, Int(log10(lower).rounded(.down)))
    var last = max(first + 1, min(308, Int(log10(upper).rounded(.up))))
    let stride = max(1, Int(roundedStep(Double(last - first) / Double(count)).rounded(.up)))
    if first % stride != 0 { first -= (first % stride + stride) % stride }
    if last % stride != 0 { last += stride - (last % stride + stride) % stride }
    (first, last) = (max(-307, first), min(308, last))
    let factors = last - first <= 2 ? [1.0, 2, 5] : [1.0]
    var ticks: [Tick] = []
    for exponent in Swift.stride(from: first, through: last, by: stride) {
      for factor in factors where exponent < last || factor == 1 {
        let label = (factor == 1 ? "" : "\(Int(factor))·") + "10" + superscript(exponent)
        ticks.append(Tick(value: factor * pow(10, Double(exponent)), label: label))
      }
    }
    return Scale(
      lower: pow(10, Double(first)), upper: pow(10, Double(last)), ticks: ticks, isLogarithmic: true)
  }

  /// The axis of `count` indices from `base`, each one unit wide around its number, with about `ticks` ticks.
  static func indices(_ count: Int, base: Int, ticks: Int = 8) -> Scale {
    let step = max(1, Int(roundedStep(Double(count) / Double(ticks))))
    var values = Array(stride(from: 0, through: base == 0 ? count - 1 : count, by: step).drop { $0 < base })
    // The first index is always named; a neighbour too close to it is not.
    if base == 1, step > 1, count > 0 { values = [1] + values.filter { $0 > step / 2 } }
    return Scale(
      lower: Double(base) - 0.5, upper: Double(base) + Double(max(1, count)) - 0.5,
      ticks: values.map { Tick(value: Double($0), label: indexLabel($0)) }, isLogarithmic: false)
  }

  /// Replaces the labels of the ticks.
  mutating func relabel(_ label: (Double) -> String) {
    for k in ticks.indices { ticks[k].label = label(ticks[k].value) }
  }

  /// The least of 1, 2, 5 times a power of ten that is at least `x`.
  private static func roundedStep(_ x: Double) -> Double {
    guard x > 0, x.isFinite else { return 1 }
    let unit = pow(10, log10(x).rounded(.down))
    return unit * ([1, 2, 5].first { unit * $0 >= x * (1 - 1e-9) } ?? 10)
  }

  /// A number with at most six significant digits, without needless zeros.
  private static func linearLabel(_ x: Double) -> String {
    guard x != 0, x.magnitude < 1e6, x.magnitude >= 1e-4 else {
      return x == 0 ? "0" : Text.significant(x)
    }
    var text = Text.fixed(x, 6)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text
  }

  /// An index in full below ten thousand, else with a unit: "2,500", "250k", "2.5M".
  private static func indexLabel(_ index: Int) -> String {
    guard index >= 10_000 else { return Text.grouped(index) }
    let units = [(1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
    let (unit, name) = units.first { Double(index) >= $0.0 } ?? (1, "")
    return short(Double(index) / unit) + name
  }

  private static func superscript(_ x: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return (x < 0 ? "⁻" : "") + String("\(x.magnitude)".compactMap(\.wholeNumberValue).map { digits[$0] })
  }
}
